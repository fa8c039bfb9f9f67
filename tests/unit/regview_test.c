/* tests/unit/regview_test.c: core/regview.h: names by table, links, and random changes against a
 * naive model. */
#include "core/regview.h"
#include "core/regwide.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { CB = 1 << 20 };
static uint64_t memory[CB / 8];

static struct fvm_str str(const char *text)
{
    static uint16_t units[8][300];
    static unsigned turn;
    uint16_t *s = units[turn++ % 8];
    uint32_t cch = 0;

    for (; text && text[cch]; cch++)
        s[cch] = (unsigned char)text[cch];
    return (struct fvm_str){s, cch};
}

static const char *narrow(struct fvm_str wide)
{
    static char text[4][400];
    static unsigned turn;
    char *s = text[turn++ % 4];

    for (uint32_t i = 0; i < wide.cch; i++)
        s[i] = (char)wide.s[i];
    s[wide.cch] = '\0';
    return s;
}

TEST(regview_fold)
{
    static const struct {
        const char *name, *root, *want;
        fvm_status status;
    } cases[] = {
        {"\\Registry\\Machine\\Software", "", "R\\Machine\\Software", FVM_OK},
        {"\\REGISTRY", "", "R", FVM_OK},
        {"\\registry\\\\machine\\a\\", "", "R\\machine\\a", FVM_OK},
        {"\\RegistryX\\Machine", "", "", FVM_PASS},
        {"Software", "", "", FVM_PASS},
        {"b\\c", "R\\Machine", "R\\Machine\\b\\c", FVM_OK},
        {"", "R\\Machine", "R\\Machine", FVM_OK},
        {"\\b", "R\\Machine", "", FVM_PASS},
    };
    static uint16_t room[600], name[300];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_buf out = {room, 0, ARRAY_LEN(room)};

        ok(fvm_regview_fold(&out, str(cases[i].name), str(cases[i].root)) == cases[i].status,
           "case %u: status", (unsigned)i);
        ok_str(narrow(fvm_buf_str(&out)), cases[i].want, cases[i].name);
    }
    for (uint32_t cch = 255; cch < 259; cch++) {
        struct fvm_buf out = {room, 0, ARRAY_LEN(room)};

        for (uint32_t i = 0; i < cch; i++)
            name[i] = 'x';
        ok(fvm_regview_fold(&out, (struct fvm_str){name, cch}, str("R\\Machine")) ==
               (cch <= 256 ? FVM_OK : FVM_NAME_INVALID),
           "a name of %u units", (unsigned)cch);
    }
}

TEST(regview_names_of_private_keys_lead_back)
{
    static const char *const paths[] = {"R", "R\\Machine", "R\\User\\S-1\\a b\\c"};
    static uint16_t room[600], other[600];

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct fvm_buf name = {room, 0, ARRAY_LEN(room)}, host = {other, 0, ARRAY_LEN(other)};

        fvm_regview_host_name(&host, str(paths[i]));
        ok(!fvm_regview_unmap(&host, 12), "%s: the host's stays", paths[i]);
        fvm_regview_private_name(&name, str(paths[i]), 12);
        ok(!fvm_regview_unmap(&name, 1), "%s: another VM's stays", paths[i]);
        ok(fvm_regview_unmap(&name, 12), "%s: is mapped back", paths[i]);
        ok_str(narrow(fvm_buf_str(&name)), narrow(fvm_buf_str(&host)), paths[i]);
    }
}

TEST(regview_hives)
{
    static const struct {
        const char *view, *path;
    } cases[] = {{"R\\Machine\\a\\b", "HKEY_LOCAL_MACHINE\\a\\b"},
                 {"R\\Machine", "HKEY_LOCAL_MACHINE"},
                 {"R\\User\\S-1-5", "HKEY_CURRENT_USER"},
                 {"R\\User\\S-1-5\\x", "HKEY_CURRENT_USER\\x"},
                 {"R\\User\\.Default\\y", "HKEY_USERS\\.Default\\y"}};
    FVM_CLEANUP(text) struct fvm_text text = {0};
    static uint16_t room[300];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_buf back = {room, 0, ARRAY_LEN(room)};

        ok(fvm_regwide_from_view(&text, str(cases[i].view), str("S-1-5")), "%s", cases[i].view);
        ok_str(text.s, cases[i].path, cases[i].view);
        ok(!fvm_regwide_to_view(&back, cases[i].path, str("S-1-5")), "%s", cases[i].path);
        ok_str(narrow(fvm_buf_str(&back)), cases[i].view, cases[i].path);
    }
    ok(!fvm_regwide_from_view(&text, str("R\\User\\S-1-55\\x"), str("S-1-5")), "another user's");
    ok(!fvm_regwide_from_view(&text, str("R\\Other"), str("S-1-5")), "no hive's");
}

TEST(regview_links)
{
    struct fvm_index index;
    static uint16_t room[600];
    struct fvm_buf path = {room, 0, ARRAY_LEN(room)};
    struct fvm_regview_hit hit, found;

    fvm_index_init(&index, memory, CB, 1);
    fvm_regview_linked(&index, str("R\\L"), str("R\\T\\t"), FVM_REGVIEW_HOST_LINK,
                       &fvm_index_alone);
    fvm_regview_linked(&index, str("R\\T\\t\\m"), str("R\\L\\n"), FVM_REGVIEW_LINK,
                       &fvm_index_alone);
    fvm_regview_linked(&index, str("R\\C"), str("R\\C\\x"), FVM_REGVIEW_LINK, &fvm_index_alone);
    fvm_buf_add(&path, str("R\\l\\m\\k"));
    ok(!fvm_regview_follow(&index, &path, true, &hit), "two links");
    ok_str(narrow(fvm_buf_str(&path)), "R\\T\\t\\n\\k", "and where they lead");
    ok(hit.state == FVM_REGVIEW_HOST && hit.shows_host && !hit.has_node, "is the host's");
    fvm_regview_copied(&index, str("R\\T\\t\\n\\k"), FVM_REGVIEW_CLASS);
    fvm_regview_find(&index, fvm_buf_str(&path), &found);
    path.cch = 0;
    fvm_buf_add(&path, str("R\\l\\m\\k"));
    ok(!fvm_regview_follow(&index, &path, true, &hit), "the same");
    ok(hit.state == FVM_REGVIEW_OWN && hit.node == found.node && hit.user == found.user &&
           hit.has_node && hit.shows_host == found.shows_host,
       "and what is there, as if it was found by its path");
    ok(hit.user == (FVM_REGVIEW_PRESENT | FVM_REGVIEW_CLASS | FVM_REGVIEW_DIRTY),
       "a copy is to be told of");
    path.cch = 0;
    fvm_buf_add(&path, str("R\\L"));
    ok(!fvm_regview_follow(&index, &path, false, &hit), "the link itself");
    ok_str(narrow(fvm_buf_str(&path)), "R\\L", "stays");
    fvm_regview_follow(&index, &path, true, &hit);
    ok_str(narrow(fvm_buf_str(&path)), "R\\T\\t", "or is followed");
    path.cch = 0;
    fvm_buf_add(&path, str("R\\C\\y"));
    ok(fvm_regview_follow(&index, &path, true, &hit) == FVM_NAME_TOO_LONG, "a circle");
    fvm_regview_deleted(&index, str("R\\L"));
    path.cch = 0;
    fvm_buf_add(&path, str("R\\L\\a"));
    ok(!fvm_regview_follow(&index, &path, true, &hit), "a deleted link");
    ok_str(narrow(fvm_buf_str(&path)), "R\\L\\a", "leads nowhere");
}

/* --- random changes
 * ------------------------------------------------------------------------------- */

enum { DEGREE = 3, NODES = 40 }; /* node i has the children 3i+1, 3i+2, 3i+3 */
static struct model {
    bool on_host, is_own,
        is_there; /* what the host has; is the VM's word asked; what the VM sees */
    uint32_t life;
} model[NODES];

static struct fvm_str path_of(int node, uint16_t room[32])
{
    struct fvm_buf path = {room, 0, 32};
    int way[8], count = 0;

    for (; node; node = (node - 1) / DEGREE)
        way[count++] = (node - 1) % DEGREE;
    fvm_buf_add_unit(&path, 'R');
    while (count-- > 0) {
        fvm_buf_add_unit(&path, '\\');
        fvm_buf_add_unit(&path, (uint16_t)((rand() & 1 ? 'a' : 'A') + way[count]));
    }
    return fvm_buf_str(&path);
}

static bool has_child(int node)
{
    for (int i = DEGREE * node + 1; i <= DEGREE * node + DEGREE && i < NODES; i++)
        if (model[i].is_there)
            return true;
    return false;
}

/* As the room does it. */
static void change(const struct fvm_index *index, int node)
{
    uint16_t room[32];
    struct fvm_str path = path_of(node, room);

    if (!model[node].is_there) {
        if (!model[(node - 1) / DEGREE].is_there)
            return;
        fvm_regview_created(index, path, 0);
        model[node].is_there = model[node].is_own = true;
    } else if (rand() % 3 && !has_child(node)) {
        fvm_regview_deleted(index, path);
        model[node] = (struct model){model[node].on_host, true, false, model[node].life + 1};
    } else if (!model[node].is_own) {
        fvm_regview_copied(index, path, 0);
        model[node].is_own = true;
    }
}

static bool agrees(const struct fvm_index *index, int node)
{
    uint16_t room[32];
    struct fvm_regview_hit hit;
    bool is_there;

    if (fvm_failed(fvm_regview_find(index, path_of(node, room), &hit)))
        return false;
    is_there =
        hit.state == FVM_REGVIEW_OWN || (hit.state == FVM_REGVIEW_HOST && model[node].on_host);
    return is_there == model[node].is_there && hit.life == model[node].life &&
           (!is_there || (hit.state == FVM_REGVIEW_OWN) == model[node].is_own);
}

TEST(regview_random_changes)
{
    unsigned seed = (unsigned)tap_number("FVM_SEED", 7);
    int wrong = 0;

    for (int round = 0; round < 200; round++) {
        struct fvm_index index;

        srand(seed + (unsigned)round);
        fvm_index_init(&index, memory, CB, 1);
        for (int i = 0; i < NODES; i++) {
            bool there = !i || (model[(i - 1) / DEGREE].on_host && rand() % 3);

            model[i] = (struct model){.on_host = there, .is_there = there};
        }
        for (int step = 0; step < 150; step++) {
            change(&index, 1 + rand() % (NODES - 1));
            for (int i = 1; i < NODES; i++)
                wrong += !agrees(&index, i);
        }
    }
    ok(!wrong, "the view is the model's (FVM_SEED=%u): %d differences", seed, wrong);
}

static bool lives(void *context, uint64_t token)
{
    (void)token;
    return *(bool *)context;
}
static bool wait_twice(void *context, uint32_t round)
{
    (void)context;
    return round < 2;
}

TEST(regview_lock)
{
    static struct fvm_regview_area area;
    bool alive = true;
    struct fvm_index_writer one = {1, lives, wait_twice, &alive},
                            two = {2, lives, wait_twice, &alive};

    ok(!fvm_regview_lock(&area, &one), "taken");
    ok(fvm_regview_lock(&area, &two) == FVM_INDEX_BUSY, "not twice");
    alive = false;
    ok(!fvm_regview_lock(&area, &two), "of a dead owner");
    fvm_regview_unlock(&area, &one);
    ok(area.owner == 2, "who lost it does not free it");
    fvm_regview_unlock(&area, &two);
    ok(!area.owner, "free");
}
