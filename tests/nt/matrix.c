/* tests/nt/matrix.c: the confinement matrix: every mechanism by which a program may reach another,
 * offered and reached. usage: matrix offer TOKEN   make all of it; stdin is what the reaching side
 * asks, stdout what it is answered matrix reach ROUND   try all of it; stdin is the offering side's
 * stdout, stderr its stdin matrix idle          stand there
 *
 * What the two say to each other about the test itself goes through files that the shell opened for
 * them, which works whatever separates the two. So "not reached" is never a matter of time: whoever
 * reaches does all that it can, asks for a round, and the offering side looks at all it has before
 * it says that the round is done. */
#include "matrix/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { LOG_CB = 1 << 20, LIMIT_MS = 120000, TURN_MS = 10 };

char token[TOKEN_CCH];
wchar_t self[PATH_CCH];

static struct mechanism *const groups[] = {
    object_mechanisms,  object_type_mechanisms, pipe_mechanisms,     rpc_mechanisms,
    com_mechanisms,     service_mechanisms,     registry_mechanisms, file_mechanisms,
    process_mechanisms, console_mechanisms,     window_mechanisms,   desktop_mechanisms,
    network_mechanisms};

/* --- what the two sides say to each other ------------------------------------------------ */

static void say(DWORD where, const char *text)
{
    DWORD done;

    WriteFile(GetStdHandle(where), text, (DWORD)strlen(text), &done, NULL);
}

/* What was said since the last round: what lasts is seen again at each turn. */
static char said[1 << 14];

void heard(const char *name)
{
    char line[100];

    snprintf(line, sizeof(line), "|%s|", name);
    if (strstr(said, line))
        return;
    strncat(said, line, sizeof(said) - strlen(said) - 1);
    snprintf(line, sizeof(line), "heard %s\n", name);
    say(STD_OUTPUT_HANDLE, line);
}

void tell(const char *name, uint64_t value)
{
    char line[100];

    snprintf(line, sizeof(line), "fact %s %llx\n", name, (unsigned long long)value);
    say(STD_OUTPUT_HANDLE, line);
}

/* All that the offering side has said so far. */
static const char *read_log(void)
{
    static char log[LOG_CB];
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    DWORD cb = 0, more = 0;

    SetFilePointer(in, 0, NULL, FILE_BEGIN);
    while (cb < LOG_CB - 1 && ReadFile(in, log + cb, LOG_CB - 1 - cb, &more, NULL) && more)
        cb += more;
    log[cb] = 0;
    return log;
}

/* The last line that begins so: what follows, and how many there are. */
static const char *last_line(const char *begin, int *count)
{
    const char *found = NULL;
    size_t cch = strlen(begin);

    *count = 0;
    for (const char *line = read_log(); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, begin, cch))
            continue;
        found = line + cch;
        ++*count;
    }
    return found;
}

uint64_t told(const char *name)
{
    char begin[100];
    int count;
    const char *value;

    snprintf(begin, sizeof(begin), "fact %s ", name);
    value = last_line(begin, &count);
    return value ? strtoull(value, NULL, 16) : 0;
}

static int times_heard(const char *name)
{
    char line[100];
    int count;

    snprintf(line, sizeof(line), "heard %s\n", name);
    last_line(line, &count);
    return count;
}

enum found read_token(char *out, const void *text, size_t cb)
{
    size_t cch = 0;

    while (cch < cb && cch < TOKEN_CCH - 1 && ((const char *)text)[cch])
        cch++;
    memcpy(out, text, cch);
    out[cch] = 0;
    return cch ? FOUND_TOKEN : FOUND_NOTHING;
}

enum found its(bool yes)
{
    return yes ? FOUND_ITS : FOUND_NOTHING;
}

/* --- the offering side ------------------------------------------------------------------- */

void pump(void)
{
    MSG message;

    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
        if (!message.hwnd && message.message == WM_APP)
            heard("PostThreadMessage");
        DispatchMessageW(&message);
    }
}

static void all(void (*pick)(struct mechanism *))
{
    for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++)
        for (struct mechanism *m = groups[g]; m->name; m++)
            pick(m);
}

static void offer_one(struct mechanism *m)
{
    char line[100];

    if (!m->offer || m->offer(m))
        return;
    snprintf(line, sizeof(line), "lacks %s (error %lu)\n", m->name, GetLastError());
    say(STD_OUTPUT_HANDLE, line);
}

static void turn_one(struct mechanism *m)
{
    if (m->turn)
        m->turn(m);
}

static void tick_one(struct mechanism *m)
{
    if (m->tick)
        m->tick(m);
}

static void end_one(struct mechanism *m)
{
    if (m->end)
        m->end(m);
}

/* Twice: what came before the round was asked for may lead to something more. */
static void whole_turn(void)
{
    for (int i = 0; i < 2; i++) {
        SleepEx(0, TRUE);
        pump();
        all(turn_one);
    }
}

/* @return false: the end */
static bool do_asked(const char *line)
{
    char answer[100];

    if (!strcmp(line, "end"))
        return false;
    if (strncmp(line, "round ", 6))
        return true;
    whole_turn();
    all(tick_one);
    whole_turn();
    said[0] = 0;
    snprintf(answer, sizeof(answer), "done %s\n", line + 6);
    say(STD_OUTPUT_HANDLE, answer);
    return true;
}

/* Bytes of stdin, a line at a time. @return false: the end was asked for */
static bool do_all_asked(void)
{
    static char line[256];
    static size_t cch;
    DWORD got;
    char c;

    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &c, 1, &got, NULL) && got) {
        if (c != '\n' && cch < sizeof(line) - 1) {
            if (c != '\r')
                line[cch++] = c;
            continue;
        }
        line[cch] = 0;
        cch = 0;
        if (!do_asked(line))
            return false;
    }
    return true;
}

static int offer(void)
{
    all(offer_one);
    tell("pid", GetCurrentProcessId());
    tell("tid", GetCurrentThreadId());
    say(STD_OUTPUT_HANDLE, "who ");
    say(STD_OUTPUT_HANDLE, token);
    say(STD_OUTPUT_HANDLE, "\nready\n");
    while (do_all_asked()) {
        SleepEx(TURN_MS, TRUE);
        pump();
        all(turn_one);
    }
    all(end_one);
    if (victim)
        TerminateProcess(victim, 0);
    say(STD_OUTPUT_HANDLE, "ended\n");
    return 0;
}

/* --- the reaching side ------------------------------------------------------------------- */

static struct answer {
    enum found found;
    char token[TOKEN_CCH];
    int heard_before;
} answers[200];
static int next_answer;
static const char *volatile busy_with;

static DWORD CALLBACK watch_dog(void *unused)
{
    Sleep(LIMIT_MS);
    fprintf(stdout, "stuck\t%s\n", busy_with);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 3);
    return unused != NULL;
}

static void reach_one(struct mechanism *m)
{
    struct answer *answer = &answers[next_answer++];
    char line[100];

    busy_with = m->name;
    snprintf(line, sizeof(line), "# %s\n", m->name); /* for who looks where it stopped */
    say(STD_ERROR_HANDLE, line);
    answer->heard_before = times_heard(m->name);
    if (m->reach)
        answer->found = m->reach(m, answer->token);
}

static void look_after(struct mechanism *m)
{
    struct answer *answer = &answers[next_answer++];

    busy_with = m->name;
    if (m->after)
        answer->found = m->after(m, answer->token);
    if (answer->found == FOUND_ASK && times_heard(m->name) == answer->heard_before)
        answer->found = FOUND_NOTHING;
    if (answer->found == FOUND_ITS || answer->found == FOUND_ASK) {
        int count;
        const char *who = last_line("who ", &count);

        if (who)
            read_token(answer->token, who, strcspn(who, "\n"));
    }
    printf("%s\t%s\t%s\n", m->name, answer->found ? answer->token : "nothing",
           answer->found == FOUND_ITS ? "seen" : "proved");
}

static int reach(const char *round)
{
    char line[100];
    int count;

    CreateThread(NULL, 0, watch_dog, NULL, 0, NULL);
    all(reach_one);
    snprintf(line, sizeof(line), "round %s\n", round);
    say(STD_ERROR_HANDLE, line);
    snprintf(line, sizeof(line), "done %s\n", round);
    busy_with = "the round";
    while (!last_line(line, &count)) {
        Sleep(TURN_MS);
        pump();
    }
    next_answer = 0;
    all(look_after);
    fflush(stdout);
    return 0;
}

int wmain(int argc, wchar_t **argv)
{
    char text[TOKEN_CCH] = "";

    GetModuleFileNameW(NULL, self, PATH_CCH);
    if (argc > 2)
        snprintf(text, sizeof(text), "%ls", argv[2]);
    memcpy(token, text, sizeof(token));
    if (argc > 2 && !wcscmp(argv[1], L"offer"))
        return offer();
    if (argc > 2 && !wcscmp(argv[1], L"reach"))
        return reach(text);
    if (argc > 3 && !wcscmp(argv[1], L"victim"))
        return be_victim(argv[3]);
    if (argc > 2 && !wcscmp(argv[1], L"service"))
        return be_service();
    if (argc > 2 && !wcscmp(argv[1], L"server"))
        return be_com_server();
    if (argc > 1 && !wcscmp(argv[1], L"idle"))
        Sleep(INFINITE);
    return 2;
}
