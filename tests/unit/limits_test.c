/* What control groups are asked for a VM's limits, and where they are: core/limits.h. */
#include "core/limits.h"
#include "tap.h"

#include <string.h>

/* Of a systemd of today, one of the old kind with joined controllers, and a container of the old
 * kind that has no namespace of control groups. */
static const char unified[] = "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                              "31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "
                              "rw,nsdelegate,memory_recursiveprot\n";
static const char legacy[] =
    "29 24 0:25 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
    "30 29 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "32 29 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:4 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 29 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "34 29 0:30 / /mnt/a\\040b rw - cgroup cgroup rw,memory\n"
    "35 29 0:31 / /second rw - cgroup cgroup rw,memory\n";
static const char contained[] =
    "34 29 0:30 /docker/12ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

static const struct {
    const char *mountinfo, *controller, *place; /* NULL: nowhere */
} mounts[] = {
    {unified, NULL, "/sys/fs/cgroup"},
    {unified, "memory", NULL},
    {legacy, NULL, "/sys/fs/cgroup/unified"},
    {legacy, "cpu", "/sys/fs/cgroup/cpu,cpuacct"},
    {legacy, "cpus", NULL},
    {legacy, "pids", NULL},
    {legacy, "rw", "/sys/fs/cgroup/cpu,cpuacct"}, /* nobody asks that */
    {legacy, "memory", "/mnt/a b"},
    {contained, "memory", "/sys/fs/cgroup/memory"},
    {"", "memory", NULL},
    {"\n\n", NULL, NULL},
    {"31 24 0:26 / /sys/fs/cgroup rw", NULL, NULL},
    {"31 24 0:26 / /sys/fs/cgroup rw -", NULL, NULL},
    {"31 24 0:26 / /sys/fs/cgroup rw - cgroup2", NULL, NULL},
};

TEST(mounted)
{
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
        char place[64] = "", root[64] = "";
        bool found =
            fvm_cgroup_mount(place, root, sizeof(place), mounts[i].mountinfo, mounts[i].controller);

        ok(mounts[i].place ? found && !strcmp(place, mounts[i].place) : !found, "mount %u: %s",
           (unsigned)i, place);
    }
}

TEST(too_long)
{
    char place[8], root[8];

    ok(!fvm_cgroup_mount(place, root, sizeof(place), unified, NULL), "a path that does not fit");
    ok(!fvm_cgroup_own(place, sizeof(place), "0::/12345678\n", NULL), "nor a group's");
    ok(!fvm_cgroup_dir(place, sizeof(place), "/sys", "/", "/abc"), "nor a folder's");
    ok(fvm_cgroup_dir(place, sizeof(place), "/sys", "/", "/ab") && !strcmp(place, "/sys/ab"),
       "one that just fits");
}

TEST(own_group)
{
    static const char v2[] = "0::/user.slice/user-1000.slice/session-2.scope\n";
    static const char v1[] = "12:cpu,cpuacct:/me\n4:memory:/a:b\n1:name=systemd:/\n0::/\n";
    static const struct {
        const char *cgroups, *controller, *path;
    } cases[] = {
        {v2, NULL, "/user.slice/user-1000.slice/session-2.scope"},
        {v2, "memory", NULL},
        {v1, "cpu", "/me"},
        {v1, "cpuacct", "/me"},
        {v1, "memory", "/a:b"},
        {v1, "pids", NULL},
        {v1, NULL, "/"},
        {"", NULL, NULL},
        {"memory", "memory", NULL},
        {"4:memory", "memory", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char path[80] = "";
        bool found = fvm_cgroup_own(path, sizeof(path), cases[i].cgroups, cases[i].controller);

        ok(cases[i].path ? found && !strcmp(path, cases[i].path) : !found, "own %u: %s",
           (unsigned)i, path);
    }
}

TEST(folder)
{
    static const struct {
        const char *root, *path, *dir;
    } cases[] = {
        {"/", "/", "/m"},
        {"/", "/a/b", "/m/a/b"},
        {"/docker/1", "/docker/1", "/m"},
        {"/docker/1", "/docker/1/x", "/m/x"},
        {"/docker/1", "/docker/12", NULL},
        {"/docker/1", "/", NULL},
        {"/", "/../b", NULL}, /* beside the namespace of groups that we are in */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char dir[32] = "";
        bool found = fvm_cgroup_dir(dir, sizeof(dir), "/m", cases[i].root, cases[i].path);

        ok(cases[i].dir ? found && !strcmp(dir, cases[i].dir) : !found, "folder %u: %s",
           (unsigned)i, dir);
    }
}

/* "file=value file=value", the optional ones with a question mark. */
static const char *settings_of(enum fvm_control control, bool v2, const struct fvm_terms *terms)
{
    static char text[200];
    struct fvm_setting settings[FVM_SETTINGS_MAX];
    size_t count = fvm_control_settings(settings, control, v2, terms);

    text[0] = 0;
    for (size_t i = 0; i < count; i++) {
        strcat(text, i ? "; " : "");
        strcat(text, settings[i].file);
        strcat(text, settings[i].optional ? "?=" : "=");
        strcat(text, settings[i].value);
    }
    return text;
}

TEST(settings)
{
    const struct fvm_terms terms = {.memory_cb = 536870912, .procs = 5000, .cpu_percent = 50};
    const struct fvm_terms least = {.cpu_percent = 1, .procs = FVM_TASKS_MAX};
    static const struct {
        enum fvm_control control;
        bool v2;
        const char *want;
    } cases[] = {
        {FVM_CONTROL_MEMORY, true, "memory.max=536870912; memory.swap.max?=0"},
        {FVM_CONTROL_MEMORY, false,
         "memory.limit_in_bytes=536870912; memory.memsw.limit_in_bytes?=536870912; "
         "memory.swappiness?=0"},
        {FVM_CONTROL_PIDS, true, "pids.max=5000"},
        {FVM_CONTROL_PIDS, false, "pids.max=5000"},
        {FVM_CONTROL_CPU, true, "cpu.max=50000 100000"},
        {FVM_CONTROL_CPU, false, "cpu.cfs_period_us=100000; cpu.cfs_quota_us=50000"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *got = settings_of(cases[i].control, cases[i].v2, &terms);

        ok(!strcmp(got, cases[i].want), "%s", got);
        ok(!*settings_of(cases[i].control, cases[i].v2, &fvm_terms_none), "nothing if not asked");
    }
    ok(!strcmp(settings_of(FVM_CONTROL_CPU, false, &least),
               "cpu.cfs_period_us=100000; cpu.cfs_quota_us=1000"),
       "the least that the kernel takes");
    ok(!fvm_control_wanted(FVM_CONTROL_PIDS, &least), "what needs no control group");
}

TEST(words)
{
    char size[32];

    ok(fvm_has_word("cpuset cpu io memory pids\n", "memory"), "a word");
    ok(fvm_has_word("cpuset cpu io memory pids\n", "pids"), "the last one");
    ok(!fvm_has_word("cpuset io", "cpu"), "the beginning of one");
    ok(!fvm_has_word("", "cpu"), "none");
    ok(fvm_cgroup_count("low 0\noom 3\noom_kill 2\n", "oom_kill") == 2, "a count");
    ok(fvm_cgroup_count("low 0\noom_kill_disable 1\n", "oom_kill") == 0, "another name");
    ok(fvm_cgroup_count("", "oom_kill") == 0, "no text");
    fvm_size_text(size, 536870912);
    ok(!strcmp(size, "512M"), "%s", size);
    fvm_size_text(size, 1000);
    ok(!strcmp(size, "1000"), "%s", size);
    fvm_size_text(size, (uint64_t)5 << 50);
    ok(!strcmp(size, "5120T"), "%s", size);
    fvm_size_text(size, 0);
    ok(!strcmp(size, "0"), "%s", size);
}
