/* tests/nt/com.c: COM between processes: class objects, local servers, the running object table.
 * usage: com serve MS TOKEN    a class object and an entry of the table, for so long or until asked
 *        com ask               who is behind them?
 *        com register|unregister
 *                              the class' local server is this program
 *        com activate          have the registered server started, ask it
 *        com -Embedding        what is started then */
#define COBJMACROS
#include "nt.h"

#include <objbase.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { TEXT_CCH = 600, LEAVE_MS = 20000 };

#define CLASS_TEXT L"{5f4c8d52-6a0b-4b5e-9c1f-0f564d00c0de}"
static const CLSID test_class = {
    0x5f4c8d52, 0x6a0b, 0x4b5e, {0x9c, 0x1f, 0x0f, 0x56, 0x4d, 0x00, 0xc0, 0xde}};
static const wchar_t class_key[] = L"Software\\Classes\\CLSID\\" CLASS_TEXT;
static DWORD token;
static HANDLE asked;

/* --- the object: an IPersist whose class id says who it is ------------------------------------ */

static HRESULT STDMETHODCALLTYPE object_query(IPersist *self, REFIID id, void **out)
{
    *out = NULL;
    if (!IsEqualIID(id, &IID_IUnknown) && !IsEqualIID(id, &IID_IPersist))
        return E_NOINTERFACE;
    *out = self;
    return S_OK;
}
static ULONG STDMETHODCALLTYPE object_ref(IPersist *self)
{
    (void)self;
    return 2;
}
static HRESULT STDMETHODCALLTYPE object_class(IPersist *self, CLSID *id)
{
    (void)self;
    *id = test_class;
    id->Data1 = token;
    SetEvent(asked);
    return S_OK;
}
static IPersistVtbl object_methods = {object_query, object_ref, object_ref, object_class};
static IPersist object = {&object_methods};

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *self, REFIID id, void **out)
{
    *out = NULL;
    if (!IsEqualIID(id, &IID_IUnknown) && !IsEqualIID(id, &IID_IClassFactory))
        return E_NOINTERFACE;
    *out = self;
    return S_OK;
}
static ULONG STDMETHODCALLTYPE factory_ref(IClassFactory *self)
{
    (void)self;
    return 2;
}
static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *self, IUnknown *outer, REFIID id,
                                                void **out)
{
    (void)self;
    return outer ? CLASS_E_NOAGGREGATION : IPersist_QueryInterface(&object, id, out);
}
static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *self, BOOL lock)
{
    (void)self;
    (void)lock;
    return S_OK;
}
static IClassFactoryVtbl factory_methods = {factory_query, factory_ref, factory_ref, factory_create,
                                            factory_lock};
static IClassFactory factory = {&factory_methods};

/* --- server ------------------------------------------------------------------------------------
 */

static IMoniker *make_moniker(void)
{
    IMoniker *moniker = NULL;

    CreateItemMoniker(L"!", L"FVM-test", &moniker);
    return moniker;
}

static int serve(DWORD ms, bool is_listed)
{
    IRunningObjectTable *table = NULL;
    DWORD class_cookie = 0, table_cookie = 0;
    HRESULT class_result =
                CoRegisterClassObject(&test_class, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                      REGCLS_MULTIPLEUSE, &class_cookie),
            table_result = S_OK;

    if (is_listed) {
        table_result = GetRunningObjectTable(0, &table);
        if (SUCCEEDED(table_result))
            table_result = IRunningObjectTable_Register(table, 0, (IUnknown *)&object,
                                                        make_moniker(), &table_cookie);
    }
    printf("ready %08lx %08lx\n", class_result, table_result);
    fflush(stdout);
    WaitForSingleObject(asked, ms);
    Sleep(100); /* the answer is on its way */
    if (table)
        IRunningObjectTable_Revoke(table, table_cookie);
    CoRevokeClassObject(class_cookie);
    return 0;
}

/* --- clients ------------------------------------------------------------------------------------
 */

/* @return the token */
static DWORD say_who(const char *what, HRESULT result, IUnknown *unknown)
{
    IPersist *persist = NULL;
    CLSID id = {0};

    if (SUCCEEDED(result))
        result = IUnknown_QueryInterface(unknown, &IID_IPersist, (void **)&persist);
    if (SUCCEEDED(result))
        result = IPersist_GetClassID(persist, &id);
    printf("%s: %08lx token=%lx\n", what, result, id.Data1);
    return id.Data1;
}

static bool ask_table(void)
{
    IRunningObjectTable *table = NULL;
    IUnknown *unknown = NULL;
    HRESULT result = GetRunningObjectTable(0, &table);

    if (SUCCEEDED(result))
        result = IRunningObjectTable_GetObject(table, make_moniker(), &unknown);
    say_who("table", result, unknown);
    return result == S_OK;
}

static DWORD ask_class(void)
{
    IUnknown *unknown = NULL;
    HRESULT result =
        CoCreateInstance(&test_class, NULL, CLSCTX_LOCAL_SERVER, &IID_IUnknown, (void **)&unknown);

    return say_who("class", result, unknown);
}

static int set_up(bool is_there)
{
    wchar_t line[TEXT_CCH], self[TEXT_CCH / 2];
    LSTATUS status;

    GetModuleFileNameW(NULL, self, TEXT_CCH / 2);
    _snwprintf(line, TEXT_CCH, L"\"%ls\"", self);
    if (is_there) {
        wchar_t key[TEXT_CCH];

        _snwprintf(key, TEXT_CCH, L"%ls\\LocalServer32", class_key);
        status = RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, NULL, REG_SZ, line,
                                 (DWORD)((wcslen(line) + 1) * sizeof(*line)));
    } else {
        status = RegDeleteTreeW(HKEY_LOCAL_MACHINE, class_key);
    }
    printf("%s: %ld\n", is_there ? "registered" : "unregistered", status);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *what = argc > 1 ? argv[1] : L"";

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!wcscmp(what, L"serve") && argc == 4) {
        token = wcstoul(argv[3], NULL, 16);
        return serve(wcstoul(argv[2], NULL, 10), true);
    }
    if (!wcscmp(what, L"-Embedding")) {
        token = GetCurrentProcessId();
        return serve(LEAVE_MS, false);
    }
    if (!wcscmp(what, L"ask")) {
        ask_table();
        ask_class();
        return 0;
    }
    if (!wcscmp(what, L"activate")) {
        HANDLE server = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, ask_class());

        printf("its process is %s\n", server ? "here" : "not to be seen");
        return 0;
    }
    if (!wcscmp(what, L"register") || !wcscmp(what, L"unregister"))
        return set_up(!wcscmp(what, L"register"));
    fprintf(stderr, "usage: com serve MS TOKEN|ask|register|unregister|activate|-Embedding\n");
    return 2;
}
