/* tests/nt/files_random.c: random NT calls on files, the same for the same seed, one line for each,
 * in which nothing depends on time or place: two runs on equal folders, one of them inside a VM,
 * must print the same. files_random SEED COUNT FOLDER [FROM TO]...  operations 0 .. COUNT-1 without
 * FROM .. TO-1 files_random fill SEED FOLDER                make the start tree (and FOLDER-beside)
 *   files_random tree FOLDER                     print what is there
 * An operation's choices come from the seed and its own number, so leaving some out keeps the rest
 * as it was, as far as the rest does not build on them. FOLDER: absolute, C:\x\y. */
#include "files_random/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

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

static bool is_left_out(unsigned number, int argc, wchar_t **argv)
{
    for (int i = 4; i + 1 < argc; i += 2)
        if (number >= wcstoul(argv[i], NULL, 10) && number < wcstoul(argv[i + 1], NULL, 10))
            return true;
    return false;
}

/** Some of what matters happens only when the last handle goes: deleting, for one. */
static void close_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].handle)
            say("end h%u close=%08lx\n", i, NtClose(slots[i].handle));
}

static int run(int argc, wchar_t **argv)
{
    unsigned long long seed = wcstoull(argv[1], NULL, 10);
    unsigned count = (unsigned)wcstoul(argv[2], NULL, 10);

    names_start(seed);
    for (unsigned i = 0; i < count; i++) {
        struct operation *operation;

        if (is_left_out(i, argc, argv))
            continue;
        chance_start(seed, i);
        operation = draw_operation(i);
        say("%u %s", i, operation->name);
        fflush(stdout); /* so that a call that never returns has a name */
        operation->tried++;
        operation->succeeded += NT_SUCCESS(operation->run());
        say("\n");
        fflush(stdout);
    }
    close_all();
    for (unsigned i = 0; i < COUNT_OF(operations); i++)
        say("# %s: %u of %u succeeded\n", operations[i].name, operations[i].succeeded,
            operations[i].tried);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: files_random SEED COUNT FOLDER [FROM TO]...\n"
                    "       files_random fill SEED FOLDER\n"
                    "       files_random tree FOLDER\n");
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

int wmain(int argc, wchar_t **argv)
{
    bool is_fill = argc == 4 && !wcscmp(argv[1], L"fill");
    bool is_tree = argc == 3 && !wcscmp(argv[1], L"tree");

    if ((argc < 4 && !is_tree) || !world_start(argv[is_tree ? 2 : 3]))
        return usage();
    if (!has_folder(is_fill))
        return 1;
    setvbuf(stdout, NULL, _IOFBF, 65536);
    leave_out_kinds();
    return is_fill   ? tree_fill(wcstoull(argv[2], NULL, 10))
           : is_tree ? tree_dump()
                     : run(argc, argv);
}
