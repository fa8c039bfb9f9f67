/* tests/nt/procs/jobs.c: jobs of a program's own. Prints the same outside and inside a VM. */
#include "procs.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

int print_job(void)
{
    BOOL is_in_job = 9;

    if (!IsProcessInJob(GetCurrentProcess(), NULL, &is_in_job))
        printf("error %lu\n", GetLastError());
    else
        printf("%s\n", is_in_job ? "in a job" : "in no job");
    return 0;
}

static void print_membership(const char *what, HANDLE process, HANDLE job)
{
    BOOL in_any = 9, in_this = 9;

    IsProcessInJob(process, NULL, &in_any);
    IsProcessInJob(process, job, &in_this);
    printf("%s: in any %d, in this %d\n", what, in_any, in_this);
}

static HANDLE start(DWORD flags, const wchar_t *command)
{
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION started;
    wchar_t line[1000];

    swprintf(line, 1000, L"\"%ls\" %ls", self, command);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &started)) {
        printf("not started, error %lu\n", GetLastError());
        return NULL;
    }
    CloseHandle(started.hThread);
    return started.hProcess;
}

static void run(const char *what, DWORD flags)
{
    HANDLE child;

    printf("%s: ", what);
    child = start(flags, L"job");
    if (!child)
        return;
    WaitForSingleObject(child, 20000);
    CloseHandle(child);
}

static void set_limits(HANDLE job, DWORD flags)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation = {.LimitFlags = flags}};

    printf(
        "limits %lx: %d\n", flags,
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
}

static void print_messages(HANDLE port)
{
    DWORD message;
    ULONG_PTR key;
    OVERLAPPED *number;

    printf("messages:");
    while (GetQueuedCompletionStatus(port, &message, &key, &number, 300))
        printf(" %lu", message);
    printf("\n");
}

/* A job with one child in it: what it tells, and how it ends. */
static void one_child(void)
{
    wchar_t name[40]; /* one of its own: outside there are other processes of this test */
    HANDLE job, child, other;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT port_of = {NULL, port};
    struct {
        JOBOBJECT_BASIC_PROCESS_ID_LIST head;
        ULONG_PTR more[8];
    } list = {0};
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION account = {0};
    DWORD code;

    swprintf(name, 40, L"procs-job-%lu", GetCurrentProcessId());
    job = CreateJobObjectW(NULL, name);
    SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &port_of,
                            sizeof(port_of));
    child = start(CREATE_SUSPENDED, L"wait 30");
    print_membership("before", child, job);
    printf("assigned: %d\n", AssignProcessToJobObject(job, child));
    print_membership("after", child, job);
    print_membership("own", GetCurrentProcess(), job);
    QueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof(list), NULL);
    printf("list: %lu %lu %d\n", list.head.NumberOfAssignedProcesses,
           list.head.NumberOfProcessIdsInList, list.head.ProcessIdList[0] == GetProcessId(child));
    QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &account, sizeof(account),
                              NULL);
    printf("account: %lu %lu\n", account.ActiveProcesses, account.TotalProcesses);
    other = OpenJobObjectW(JOB_OBJECT_QUERY, FALSE, name);
    printf("by name: %d\n", other != NULL);
    printf("terminated: %d\n", TerminateJobObject(job, 77));
    WaitForSingleObject(child, 10000);
    GetExitCodeProcess(child, &code);
    printf("exit code: %lu\n", code);
    print_messages(port);
    CloseHandle(other);
    CloseHandle(job);
    CloseHandle(child);
}

/* A job that ends with its last handle. */
static void close_kills(void)
{
    HANDLE job = CreateJobObjectW(NULL, NULL), child = start(0, L"wait 31");

    set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
    printf("assigned: %d\n", AssignProcessToJobObject(job, child));
    CloseHandle(job);
    printf("ended: %d\n", WaitForSingleObject(child, 10000) == WAIT_OBJECT_0);
    CloseHandle(child);
}

/* This process in a job: its children, with and without leave to leave; a job in the job. */
static void children(void)
{
    HANDLE job = CreateJobObjectW(NULL, NULL), nested = CreateJobObjectW(NULL, NULL), child;

    run("no job, breakaway", CREATE_BREAKAWAY_FROM_JOB);
    printf("self: %d\n", AssignProcessToJobObject(job, GetCurrentProcess()));
    print_membership("self", GetCurrentProcess(), job);
    run("child", 0);
    run("breakaway, not allowed", CREATE_BREAKAWAY_FROM_JOB);
    set_limits(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK);
    run("child", 0);
    run("breakaway, allowed", CREATE_BREAKAWAY_FROM_JOB);
    set_limits(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK);
    run("silent breakaway", 0);
    set_limits(job, 0);
    child = start(0, L"wait 32");
    printf("nested: %d\n", AssignProcessToJobObject(nested, child));
    print_membership("in nested", child, nested);
    print_membership("in outer", child, job);
    printf("nested ends: %d\n", TerminateJobObject(nested, 1));
    printf("ended: %d\n", WaitForSingleObject(child, 10000) == WAIT_OBJECT_0);
    CloseHandle(child);
}

int test_jobs(void)
{
    print_job();
    one_child();
    close_kills();
    children();
    return 0;
}

int test_null_job(void)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits;

    for (int i = 0; i < 2; i++) {
        printf("%s: %lx\n", i ? "in a job" : "no job",
               (unsigned long)NtQueryInformationJobObject(NULL, JobObjectBasicLimitInformation,
                                                          &limits, sizeof(limits), NULL));
        AssignProcessToJobObject(CreateJobObjectW(NULL, NULL), GetCurrentProcess());
    }
    return 0;
}
