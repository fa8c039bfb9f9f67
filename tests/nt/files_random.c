/* tests/nt/files_random.c: random NT calls on files, the same for the same seed, one line for each,
 * in which nothing depends on time or place: two runs on equal folders, one of them inside a VM,
 * must print the same. See differ.t.
 *   files_random fill JOBS ROOT   make the start trees
 *   files_random run JOBS ROOT    make the calls and print them
 *   files_random tree JOBS ROOT   print what is there
 * Each line of JOBS is "NAME SEED COUNT [FROM TO]...": in ROOT\\NAME and ROOT\\NAME-beside the
 * operations 0 .. COUNT-1 of that seed, without those of FROM .. TO-1. A line "== NAME" comes
 * before the answer to each. An operation's choices come from the seed and its own number, so
 * leaving some out keeps the rest as it was, as far as the rest does not build on them. */
#include "files_random/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { MAX_RANGES = 1024 };

struct operation {
    const char *name;
    unsigned weight;
    NTSTATUS (*run)(void);
    unsigned tried, succeeded;
};

static struct operation operations[] = {
    {"create", 20, op_create, 0, 0},
    {"open", 10, op_open, 0, 0},
    {"open-by-id", 2, op_open_by_id, 0, 0},
    {"delete", 2, op_delete, 0, 0},
    {"close", 5, op_close, 0, 0},
    {"duplicate", 2, op_duplicate, 0, 0},
    {"query-path", 7, op_query_path, 0, 0},
    {"read", 9, op_read, 0, 0},
    {"write", 9, op_write, 0, 0},
    {"lock", 2, op_lock, 0, 0},
    {"unlock", 2, op_unlock, 0, 0},
    {"flush", 1, op_flush, 0, 0},
    {"section", 4, op_section, 0, 0},
    {"view", 2, op_view, 0, 0},
    {"set-size", 4, op_set_size, 0, 0},
    {"set-basic", 4, op_set_basic, 0, 0},
    {"set-disposition", 4, op_set_disposition, 0, 0},
    {"rename", 8, op_rename, 0, 0},
    {"link", 4, op_link, 0, 0},
    {"query", 12, op_query, 0, 0},
    {"object-name", 3, op_object_name, 0, 0},
    {"volume", 1, op_volume, 0, 0},
    {"list", 10, op_list, 0, 0},
    {"watch", 3, op_watch, 0, 0},
    {"poll", 3, op_poll, 0, 0},
};

static struct operation *draw_operation(unsigned number)
{
    unsigned total = 0, which;

    if (number < 10) /* handles first */
        return &operations[number % 2];
    for (unsigned i = 0; i < COUNT_OF(operations); i++)
        total += operations[i].weight;
    which = draw(total);
    for (unsigned i = 0;; i++) {
        if (which < operations[i].weight)
            return &operations[i];
        which -= operations[i].weight;
    }
}

/* FILES_RANDOM_WITHOUT=watch,poll: what a host or a VM cannot do yet. */
static void leave_out_kinds(void)
{
    const char *without = getenv("FILES_RANDOM_WITHOUT");
    char list[200];

    if (!without)
        return;
    snprintf(list, sizeof(list), "%s", without);
    for (char *kind = strtok(list, ","); kind; kind = strtok(NULL, ","))
        for (unsigned i = 0; i < COUNT_OF(operations); i++)
            if (!strcmp(operations[i].name, kind))
                operations[i].weight = 0;
}

/* One line of JOBS. */
struct job {
    char name[64];
    unsigned long long seed;
    unsigned count, ranges;
    struct {
        unsigned from, to;
    } left_out[MAX_RANGES];
};

static bool is_left_out(const struct job *job, unsigned number)
{
    for (unsigned i = 0; i < job->ranges; i++)
        if (number >= job->left_out[i].from && number < job->left_out[i].to)
            return true;
    return false;
}

static void run(const struct job *job)
{
    names_start(job->seed);
    for (unsigned i = 0; i < job->count; i++) {
        struct operation *operation;

        if (is_left_out(job, i))
            continue;
        chance_start(job->seed, i);
        operation = draw_operation(i);
        say("%u %s", i, operation->name);
        fflush(stdout); /* so that a call that never returns has a name */
        operation->tried++;
        operation->succeeded += NT_SUCCESS(operation->run());
        say("\n");
    }
    views_end();
    slots_end();
    locks_end();
    watches_end();
}

static void say_counts(void)
{
    for (unsigned i = 0; i < COUNT_OF(operations); i++)
        say("# %s: %u of %u succeeded\n", operations[i].name, operations[i].succeeded,
            operations[i].tried);
}

static int usage(void)
{
    fprintf(stderr, "usage: files_random fill|run|tree JOBS ROOT\n");
    return 2;
}

/** @return FOLDER is there: two runs on nothing would be equal too. fill makes it */
static bool has_folder(bool make)
{
    HANDLE handle;
    NTSTATUS status = tree_open(&handle, L"F", FILE_LIST_DIRECTORY | SYNCHRONIZE,
                                make ? NT_OPEN_IF : NT_OPEN, NT_DIRECTORY_FILE, 0);

    if (NT_SUCCESS(status))
        NtClose(handle);
    else
        fprintf(stderr, "files_random: cannot open FOLDER: %08lx\n", status);
    return NT_SUCCESS(status);
}

static bool read_job(struct job *job, char *line)
{
    const char *name = strtok(line, " \r\n"), *seed = strtok(NULL, " \r\n"),
               *count = strtok(NULL, " \r\n"), *from, *to;

    if (!count || strlen(name) >= sizeof(job->name))
        return false;
    strcpy(job->name, name);
    job->seed = strtoull(seed, NULL, 10);
    job->count = (unsigned)strtoul(count, NULL, 10);
    for (job->ranges = 0; (from = strtok(NULL, " \r\n")) != NULL; job->ranges++) {
        to = strtok(NULL, " \r\n");
        if (!to || job->ranges == MAX_RANGES)
            return false;
        job->left_out[job->ranges].from = (unsigned)strtoul(from, NULL, 10);
        job->left_out[job->ranges].to = (unsigned)strtoul(to, NULL, 10);
    }
    return true;
}

static bool do_job(const struct job *job, const wchar_t *what, const wchar_t *root)
{
    wchar_t folder[PATH_CCH];
    bool is_fill = !wcscmp(what, L"fill");

    swprintf(folder, PATH_CCH, L"%ls\\%hs", root, job->name);
    if (!world_start(folder) || !has_folder(is_fill))
        return false;
    say("== %s\n", job->name);
    if (is_fill)
        tree_fill(job->seed);
    else if (!wcscmp(what, L"tree"))
        tree_dump();
    else
        run(job);
    fflush(stdout);
    return true;
}

int wmain(int argc, wchar_t **argv)
{
    static struct job job;
    static char line[32768];
    FILE *jobs = argc == 4 ? _wfopen(argv[2], L"r") : NULL;

    if (!jobs || (wcscmp(argv[1], L"fill") && wcscmp(argv[1], L"run") && wcscmp(argv[1], L"tree")))
        return usage();
    setvbuf(stdout, NULL, _IOFBF, 65536);
    leave_out_kinds();
    while (fgets(line, sizeof(line), jobs))
        if (!read_job(&job, line) || !do_job(&job, argv[1], argv[3]))
            return usage();
    fclose(jobs);
    if (!wcscmp(argv[1], L"run"))
        say_counts();
    say("== end\n");
    return 0;
}
