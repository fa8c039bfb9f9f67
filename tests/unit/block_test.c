/* tests/unit/block_test.c: core/block.h. */
#include "core/block.h"
#include "tap.h"

#include <stdlib.h>

#include <string.h>
#include <uchar.h>

static struct fvm_block block;

static struct fvm_str str(const char16_t *text)
{
    struct fvm_str out = {(const uint16_t *)text, 0};

    while (text && text[out.cch])
        out.cch++;
    return out;
}

static struct fvm_block *fresh(void)
{
    block = (struct fvm_block){0};
    fvm_block_init(&block, 7);
    return &block;
}

TEST(block_of_another_version_is_refused)
{
    struct fvm_block *b = fresh();

    ok(sizeof(*b) <= FVM_BLOCK_AT_INDEX, "the block is larger than its section: %zu", sizeof(*b));
    ok(fvm_block_check(b) == FVM_OK && b->vm == 7, "a new block");
    b->version++;
    ok(fvm_block_check(b) == FVM_NEWER_FORMAT, "another version");
    b->version--;
    b->cb--;
    ok(fvm_block_check(b) == FVM_NEWER_FORMAT, "another size");
    b->magic = 0;
    ok(fvm_block_check(b) == FVM_CORRUPT, "no block");
}

TEST(block_members_come_and_go)
{
    struct fvm_block *b = fresh();

    ok(!fvm_member_is(b, 40, 0), "nobody is a member");
    ok(fvm_member_add(b, 40, 1000, 0) == FVM_OK, "add");
    ok(fvm_member_is(b, 40, 1000) && fvm_member_is(b, 40, 0), "is a member");
    ok(!fvm_member_is(b, 40, 2000), "a later process with its number is none");
    ok(!fvm_member_is(b, 0, 0) && !fvm_member_is(b, FVM_MEMBER_TAKEN, 0), "odd numbers");
    ok(fvm_member_add(b, 0, 1, 0) == FVM_INVALID &&
           fvm_member_add(b, FVM_MEMBER_TAKEN, 1, 0) == FVM_INVALID,
       "which cannot be added");
    fvm_member_add(b, 40, 1000, 0);
    ok(fvm_member_high(b) == 1, "twice is once");
    fvm_member_add(b, 40, 2000, 0);
    fvm_member_remove(b, 40, 1000);
    ok(!fvm_member_is(b, 40, 1000) && fvm_member_is(b, 40, 2000), "the right one goes");
}

TEST(block_is_full_and_damaged)
{
    struct fvm_block *b = fresh();
    uint32_t added = 0;

    while (added < FVM_MEMBERS && fvm_member_add(b, added * 4 + 4, added + 1, 0) == FVM_OK)
        added++;
    ok(added == FVM_MEMBERS, "room for %u", added);
    ok(fvm_member_add(b, 2, 5, 0) == FVM_NO_MEMORY, "and no more");
    fvm_member_remove(b, 8, 2);
    ok(fvm_member_add(b, 2, 5, 0) == FVM_OK && fvm_member_is(b, 2, 5), "a place is used again");
    b->member_high = 0xfffffff0u;
    ok(fvm_member_high(b) == FVM_MEMBERS && !fvm_member_is(b, 3, 0), "a number that lies");
}

TEST(block_knows_places_of_its_layer)
{
    static const struct {
        const char16_t *layer, *path, *rest;
        uint16_t drive;
    } cases[] = {
        {u"\\??\\Z:\\vm", u"\\??\\Z:\\vm\\files\\C\\a\\b.exe", u"\\a\\b.exe", 'C'},
        {u"\\??\\Z:\\vm", u"Z:\\vm\\files\\C\\a\\b.exe", u"\\a\\b.exe", 'C'},
        {u"\\??\\Z:\\vm", u"z:\\VM\\Files\\D", u"", 'D'},
        {u"\\??\\Z:\\vm", u"Z:\\vm\\files\\CD\\a", NULL, 0},
        {u"\\??\\Z:\\vm", u"Z:\\vm\\files\\", NULL, 0},
        {u"\\??\\Z:\\vm", u"Z:\\vm\\file", NULL, 0},
        {u"\\??\\Z:\\vm", u"Z:\\vm2\\files\\C\\a", NULL, 0},
        {u"\\??\\Z:\\vm", u"Z:\\vm\\work\\1", NULL, 0},
        {u"\\??\\Z:\\vm", u"", NULL, 0},
        {u"", u"\\files\\C\\a", NULL, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fvm_block *b = fresh();
        struct fvm_str rest = {0}, want = str(cases[i].rest), path = str(cases[i].path);
        uint16_t drive;

        b->layer.cch = str(cases[i].layer).cch;
        memcpy(b->layer.s, cases[i].layer, b->layer.cch * sizeof(*b->layer.s));
        drive = fvm_block_drive(b, path, &rest);
        ok(drive == cases[i].drive, "case %zu: drive %u", i, drive);
        ok(!drive || fvm_str_eq(rest, want), "case %zu: %u units", i, rest.cch);
    }
}

TEST(block_notes_are_found_once_written)
{
    struct fvm_block *b = fresh();
    uint64_t first = fvm_note_add(b, 5), second = fvm_note_add(b, 5);

    ok(first == 0 && second == 1 && fvm_note_count(b) == 2, "numbers");
    ok(fvm_note_find(b, 5, 0) == 0 && fvm_note_find(b, 5, 1) == 1, "the oldest first");
    ok(fvm_note_find(b, 5, 2) == FVM_NO_NOTE && fvm_note_find(b, 6, 0) == FVM_NO_NOTE, "none");
    fvm_note_drop(b, first, 6);
    ok(fvm_note_find(b, 5, 0) == 0, "another's is not taken back");
    fvm_note_drop(b, first, 5);
    ok(fvm_note_find(b, 5, 0) == 1, "taken back");
    for (uint32_t i = 0; i < FVM_NOTES; i++)
        fvm_note_add(b, 9);
    ok(fvm_note_find(b, 5, 0) == FVM_NO_NOTE && fvm_note_find(b, 9, 0) == 2, "old ones go");
    b->note_count = UINT64_MAX - 1;
    ok(fvm_note_find(b, 5, 0) == FVM_NO_NOTE, "a number that lies ends");
}

TEST(block_members_have_roles)
{
    struct fvm_block *b = calloc(1, sizeof(*b));

    ok(fvm_member_add(b, 41, 1000, FVM_ROLE_SERVICE) == FVM_OK &&
           fvm_member_roles(b, 41) == FVM_ROLE_SERVICE,
       "roles");
    ok(fvm_member_add(b, 41, 2000, 0) == FVM_OK && !fvm_member_roles(b, 41),
       "of the newest process with the number");
    ok(!fvm_member_roles(b, 0) && !fvm_member_roles(b, FVM_MEMBER_TAKEN), "odd numbers have none");
    ok(fvm_roles_of_child(FVM_ROLE_STARTER | FVM_ROLE_SERVICE) ==
               (FVM_ROLE_MANAGER | FVM_ROLE_SERVICE) &&
           fvm_roles_of_child(FVM_ROLE_MANAGER | FVM_ROLE_SERVICE) == FVM_ROLE_SERVICE &&
           !fvm_roles_of_child(0),
       "roles of children");
    free(b);
}

TEST(block_knows_ports_that_are_served)
{
    struct fvm_block *b = calloc(1, sizeof(*b));

    ok(!fvm_port_is_served(b, 80) && !fvm_port_is_served(b, 65535), "none at first");
    fvm_port_serve(b, 80);
    fvm_port_serve(b, 65535);
    fvm_port_serve(b, 0);
    ok(fvm_port_is_served(b, 80) && fvm_port_is_served(b, 65535) && fvm_port_is_served(b, 0),
       "these");
    ok(!fvm_port_is_served(b, 79) && !fvm_port_is_served(b, 81) && !fvm_port_is_served(b, 48),
       "no others");
    free(b);
}
