#include <stdio.h>

int main(void)
{
    puts("hello from C, version " VERSION);
    return 0;
}
