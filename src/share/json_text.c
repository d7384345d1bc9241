#include "share/json_text.h"

#include <stdlib.h>

json_t *json_text(struct bytes b)
{
	json_t *text = json_stringn(b.n > 0 ? (const char *)b.p : "", b.n);
	char *ascii;

	if (text)
		return text;
	ascii = malloc(b.n);
	if (!ascii)
		return NULL;
	for (size_t i = 0; i < b.n; i++)
		ascii[i] = b.p[i] < 0x80 ? (char)b.p[i] : '?';
	text = json_stringn(ascii, b.n);
	free(ascii);
	return text;
}
