/* guest/unix/save.c: a changed registry reaches the disk after 1 s instead of 30 s.
 *
 * A VM that is killed loses what its server has not saved. The period is a constant inside the code
 * of wineserver64 (Wine 8.0, Debian 12), loaded in two places. It is patched in memory; a server
 * that does not look exactly like that is left alone, and a file tells `fvm doctor`. */
#include "guest/unix/guest.h"
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNCHANGED_FILE "/run/fvm/save-period-unchanged"

enum { HITS = 2, PAGE_CB = 4096, OPCODE_CB = 3, IMMEDIATE_CB = 4 };

/* mov $-300000000,%rdi: 30 s in units of 100 ns, negative because relative. */
static const unsigned char instruction[] = {0x48, 0xc7, 0xc7, 0x00, 0x5d, 0x1e, 0xee};
static const int32_t new_period = -10000000;

struct text {
    unsigned char *start;
    size_t size;
    unsigned char *hits[HITS];
    int count;
};

static int find_text(struct dl_phdr_info *info, size_t size, void *out)
{
    struct text *text = out;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        text->start = (unsigned char *)(info->dlpi_addr + part->p_vaddr);
        text->size = part->p_memsz;
    }
    return 1; /* the first object is the program itself */
}

static void find_instructions(struct text *text)
{
    unsigned char *at = text->start, *end = text->start + text->size;

    while ((at = memmem(at, (size_t)(end - at), instruction, sizeof(instruction)))) {
        if (text->count < HITS)
            text->hits[text->count] = at;
        text->count++;
        at += sizeof(instruction);
    }
}

static bool patch(unsigned char *at)
{
    unsigned char *page = (unsigned char *)((uintptr_t)at & ~(uintptr_t)(PAGE_CB - 1));
    size_t size = (size_t)(at + sizeof(instruction) - page);

    if (mprotect(page, size, PROT_READ | PROT_WRITE))
        return false;
    memcpy(at + OPCODE_CB, &new_period, IMMEDIATE_CB);
    return !mprotect(page, size, PROT_READ | PROT_EXEC);
}

void fvm_save_start(void)
{
    struct text text = {0};
    int fd;

    dl_iterate_phdr(find_text, &text);
    if (text.start)
        find_instructions(&text);
    if (text.count == HITS && patch(text.hits[0]) && patch(text.hits[1]))
        return;
    fd = open(UNCHANGED_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0)
        close(fd);
}
