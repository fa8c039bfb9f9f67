/* tests/programs/fill_linux.c: FILE: a file that grows and has no name any more: no walk through
 * folders finds it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char block[1 << 20];
    int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;

    if (fd < 0 || unlink(argv[1])) {
        perror("fill_linux");
        return 1;
    }
    memset(block, 0x5a, sizeof(block));
    while (write(fd, block, sizeof(block)) > 0)
        ;
    perror("fill_linux");
    return 3;
}
