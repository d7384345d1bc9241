#include "base/def.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void assert_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "peerline: assertion failed: %s (%s:%d)\n", expr, file, line);
	abort();
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct bytes bytes_of_text(const char *text)
{
	return BYTES(text, strlen(text));
}
