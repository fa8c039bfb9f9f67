/* tests/nt/matrix/services.c: services: what the manager tells of one, and what it starts. */
#include "matrix.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define NAME L"FvmMatrixService"
enum { CONFIG_CB = 8192 };

/* --- the service ------------------------------------------------------------------------- */

static SERVICE_STATUS_HANDLE reports_to;

/* The token goes out in two numbers that only the service sets. */
static void report(DWORD state)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted = SERVICE_ACCEPT_STOP};

    memcpy(&status.dwCheckPoint, token, sizeof(DWORD));
    SetServiceStatus(reports_to, &status);
}
static DWORD CALLBACK control(DWORD code, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    if (code == SERVICE_CONTROL_STOP)
        report(SERVICE_STOPPED);
    return NO_ERROR;
}
static void CALLBACK service_main(DWORD argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    reports_to = RegisterServiceCtrlHandlerExW(NAME, control, NULL);
    report(SERVICE_RUNNING);
}
int be_service(void)
{
    wchar_t name[] = NAME;
    SERVICE_TABLE_ENTRYW services[] = {{name, service_main}, {NULL, NULL}};

    return StartServiceCtrlDispatcherW(services) ? 0 : 1;
}

/* --- the two sides ----------------------------------------------------------------------- */

static SC_HANDLE open_service(DWORD access)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);

    return manager ? OpenServiceW(manager, NAME, access) : NULL;
}
static void end_service(struct mechanism *m)
{
    SC_HANDLE service = open_service(SERVICE_ALL_ACCESS);

    (void)m;
    if (service)
        DeleteService(service);
    CloseServiceHandle(service);
}
static bool offer_service(struct mechanism *m)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    wchar_t line[PATH_CCH + 60], shown[TOKEN_CCH];

    swprintf(line, PATH_CCH + 60, L"\"%ls\" service %hs", self, token);
    swprintf(shown, TOKEN_CCH, L"%hs", token);
    end_service(m); /* what an earlier run left, which was ended in between */
    return manager && CreateServiceW(manager, NAME, shown, SERVICE_ALL_ACCESS,
                                     SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
                                     SERVICE_ERROR_IGNORE, line, NULL, NULL, NULL, NULL, NULL);
}
static enum found reach_config(struct mechanism *m, char *out)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        char room[CONFIG_CB];
    } answer;
    char shown[TOKEN_CCH];
    DWORD needed;
    SC_HANDLE service = open_service(SERVICE_QUERY_CONFIG);

    (void)m;
    if (!service || !QueryServiceConfigW(service, &answer.config, sizeof(answer), &needed))
        return FOUND_NOTHING;
    snprintf(shown, sizeof(shown), "%ls", answer.config.lpDisplayName);
    return read_token(out, shown, sizeof(shown));
}
static enum found reach_list(struct mechanism *m, char *out)
{
    static char room[65536];
    const ENUM_SERVICE_STATUSW *services = (void *)room;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    DWORD needed, count = 0, resume = 0;

    (void)m;
    if (!manager || !EnumServicesStatusW(manager, SERVICE_WIN32, SERVICE_STATE_ALL, (void *)room,
                                         sizeof(room), &needed, &count, &resume))
        return FOUND_NOTHING;
    for (DWORD i = 0; i < count; i++) {
        char shown[TOKEN_CCH];

        if (wcscmp(services[i].lpServiceName, NAME))
            continue;
        snprintf(shown, sizeof(shown), "%ls", services[i].lpDisplayName);
        return read_token(out, shown, sizeof(shown));
    }
    return FOUND_NOTHING;
}
/* Until it runs, or is found not to. */
static enum found reach_start(struct mechanism *m, char *out)
{
    SERVICE_STATUS status = {0};
    SC_HANDLE service = open_service(SERVICE_ALL_ACCESS);
    char shown[TOKEN_CCH] = "";

    (void)m;
    if (!service || !StartServiceW(service, 0, NULL))
        return FOUND_NOTHING;
    do {
        Sleep(20);
        if (!QueryServiceStatus(service, &status))
            return FOUND_NOTHING;
    } while (status.dwCurrentState == SERVICE_START_PENDING);
    memcpy(shown, &status.dwCheckPoint, sizeof(DWORD));
    ControlService(service, SERVICE_CONTROL_STOP, &status);
    while (status.dwCurrentState != SERVICE_STOPPED && QueryServiceStatus(service, &status))
        Sleep(20);
    return read_token(out, shown, sizeof(shown));
}

struct mechanism service_mechanisms[] = {
    {"service: configuration", NULL, .offer = offer_service, .end = end_service,
     .reach = reach_config},
    {"service: list", NULL, .reach = reach_list},
    {"service: start and state", NULL, .reach = reach_start},
    {.name = NULL},
};
