/* The lines a NATS client sends. */

#include "nats_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_lines(NATS_VERBS_OF_CLIENT, BYTES(data, size));
	return 0;
}
