/* tests/nt/matrix/com.c: COM servers in processes of their own, and the running object table. Each
 * object is asked for its class' id, which says whose it is. */
#define COBJMACROS
#define CINTERFACE
#include "matrix.h"

#include <objbase.h>
#include <objidl.h>

#include <stdio.h>
#include <string.h>

/* Registered by the process that serves; and by a key with a program to start. */
static const CLSID registered = {
    0x5f1c9b11, 0x6a3e, 0x4d11, {0x9c, 0x01, 0x66, 0x76, 0x6d, 0x6d, 0x61, 1}};
static const CLSID launched = {
    0x5f1c9b11, 0x6a3e, 0x4d11, {0x9c, 0x01, 0x66, 0x76, 0x6d, 0x6d, 0x61, 2}};
enum { LIMIT_MS = 15000 };
#define LAUNCHED_KEY L"Software\\Classes\\CLSID\\{5F1C9B11-6A3E-4D11-9C01-66766D6D6102}"

/* --- the object: one that lives as long as its process ----------------------------------- */

static HRESULT WINAPI object_query(IPersist *this, REFIID id, void **out)
{
    *out = IsEqualGUID(id, &IID_IUnknown) || IsEqualGUID(id, &IID_IPersist) ? this : NULL;
    return *out ? S_OK : E_NOINTERFACE;
}
static ULONG WINAPI object_count(IPersist *this)
{
    return this != NULL;
}
static volatile bool was_asked;
/* The token, in the place of an id. */
static HRESULT WINAPI object_id(IPersist *this, CLSID *id)
{
    (void)this;
    memcpy(id, token, sizeof(*id));
    was_asked = true;
    return S_OK;
}
static IPersistVtbl object_calls = {object_query, object_count, object_count, object_id};
static IPersist object = {&object_calls};

static HRESULT WINAPI factory_query(IClassFactory *this, REFIID id, void **out)
{
    *out = IsEqualGUID(id, &IID_IUnknown) || IsEqualGUID(id, &IID_IClassFactory) ? this : NULL;
    return *out ? S_OK : E_NOINTERFACE;
}
static ULONG WINAPI factory_count(IClassFactory *this)
{
    return this != NULL;
}
static HRESULT WINAPI factory_create(IClassFactory *this, IUnknown *outer, REFIID id, void **out)
{
    (void)this;
    return outer ? CLASS_E_NOAGGREGATION : IPersist_QueryInterface(&object, id, out);
}
static HRESULT WINAPI factory_lock(IClassFactory *this, BOOL lock)
{
    (void)this;
    (void)lock;
    return S_OK;
}
static IClassFactoryVtbl factory_calls = {factory_query, factory_count, factory_count,
                                          factory_create, factory_lock};
static IClassFactory factory = {&factory_calls};

static enum found ask(IPersist *object_of_others, char *out)
{
    CLSID id;

    if (FAILED(IPersist_GetClassID(object_of_others, &id)))
        return FOUND_NOTHING;
    return read_token(out, &id, sizeof(id));
}

/* --- class objects ----------------------------------------------------------------------- */

static DWORD class_entry;
static bool serve(const CLSID *class)
{
    HRESULT result;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    result = CoRegisterClassObject(class, (IUnknown *)&factory, CLSCTX_LOCAL_SERVER,
                                   REGCLS_MULTIPLEUSE, &class_entry);
    SetLastError((DWORD)result);
    return SUCCEEDED(result);
}
static bool offer_class(struct mechanism *m)
{
    (void)m;
    return serve(&registered);
}
/* @param until_end wait until the server has ended: there is one list of classes, the next one who
 * reaches shall find nothing in it */
static enum found create(const CLSID *class, bool until_end, char *out)
{
    IPersist *made = NULL;
    enum found found;
    CLSID id;

    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    if (FAILED(CoCreateInstance(class, NULL, CLSCTX_LOCAL_SERVER, &IID_IPersist, (void **)&made)))
        return FOUND_NOTHING;
    found = ask(made, out);
    while (until_end && SUCCEEDED(IPersist_GetClassID(made, &id)))
        Sleep(20);
    IPersist_Release(made);
    return found;
}
static enum found reach_class(struct mechanism *m, char *out)
{
    (void)m;
    return create(&registered, false, out);
}

/* The program that the registry names for a class. */
int be_com_server(void)
{
    if (!serve(&launched))
        return 1;
    for (int ms = 0; ms < LIMIT_MS && !was_asked; ms += 20)
        Sleep(20);
    CoRevokeClassObject(class_entry);
    Sleep(200); /* the answer is on its way */
    return 0;
}
static bool offer_launched(struct mechanism *m)
{
    wchar_t line[PATH_CCH + 60];
    HKEY key;
    LSTATUS status;

    swprintf(line, PATH_CCH + 60, L"\"%ls\" server %hs", self, token);
    (void)m;
    status = RegCreateKeyExW(HKEY_LOCAL_MACHINE, LAUNCHED_KEY L"\\LocalServer32", 0, NULL, 0,
                             KEY_WRITE, NULL, &key, NULL);
    if (!status)
        status =
            RegSetValueExW(key, NULL, 0, REG_SZ, (BYTE *)line, (DWORD)(2 * (wcslen(line) + 1)));
    RegCloseKey(key);
    SetLastError((DWORD)status);
    return !status;
}
static void end_launched(struct mechanism *m)
{
    (void)m;
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, LAUNCHED_KEY);
}
static enum found reach_launched(struct mechanism *m, char *out)
{
    (void)m;
    return create(&launched, true, out);
}

/* --- the running object table ------------------------------------------------------------ */

static bool table_and_name(IRunningObjectTable **table, IMoniker **name)
{
    CoInitializeEx(NULL, COINIT_MULTITHREADED);
    return SUCCEEDED(GetRunningObjectTable(0, table)) &&
           SUCCEEDED(CreateItemMoniker(L"!", L"FvmMatrix", name));
}
static DWORD table_entry;
static bool offer_running(struct mechanism *m)
{
    IRunningObjectTable *table;
    IMoniker *name;
    HRESULT result = E_FAIL;

    (void)m;
    if (table_and_name(&table, &name))
        result = IRunningObjectTable_Register(table, ROTFLAGS_REGISTRATIONKEEPSALIVE,
                                              (IUnknown *)&object, name, &table_entry);
    SetLastError((DWORD)result);
    return SUCCEEDED(result);
}
static void end_running(struct mechanism *m)
{
    IRunningObjectTable *table;

    (void)m;
    if (table_entry && SUCCEEDED(GetRunningObjectTable(0, &table)))
        IRunningObjectTable_Revoke(table, table_entry);
}
static enum found reach_entry(struct mechanism *m, char *out)
{
    IRunningObjectTable *table;
    IMoniker *name;

    (void)m;
    (void)out;
    return its(table_and_name(&table, &name) && IRunningObjectTable_IsRunning(table, name) == S_OK);
}
static enum found reach_running(struct mechanism *m, char *out)
{
    IRunningObjectTable *table;
    IMoniker *name;
    IUnknown *found = NULL;
    IPersist *asked = NULL;

    (void)m;
    if (!table_and_name(&table, &name) ||
        IRunningObjectTable_GetObject(table, name, &found) != S_OK ||
        FAILED(IUnknown_QueryInterface(found, &IID_IPersist, (void **)&asked)))
        return FOUND_NOTHING;
    return ask(asked, out);
}

struct mechanism com_mechanisms[] = {
    {"COM class object", NULL, .offer = offer_class, .reach = reach_class},
    {"COM server by LocalServer32", NULL, .offer = offer_launched, .end = end_launched,
     .reach = reach_launched},
    {"running object table: entry", NULL, .offer = offer_running, .end = end_running,
     .reach = reach_entry},
    {"running object table: object", NULL, .reach = reach_running},
    {.name = NULL},
};
