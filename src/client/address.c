#include "client/address.h"

#include <stdlib.h>
#include <string.h>

static const char *without(const char *text, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(text, scheme, n) == 0 ? text + n : NULL;
}

static int parse_path(const char *path, struct address *a)
{
	if (path[0] == 0 || strlen(path) >= sizeof(a->path))
		return -EINVAL;
	a->is_unix = true;
	strcpy(a->path, path);
	return 0;
}

static int parse_port(const char *text, uint16_t *ret)
{
	unsigned long port;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	port = strtoul(text, &end, 10);
	if (*end == '/')
		end++;
	if (*end || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret = (uint16_t)port;
	return 0;
}

/* The port stands behind the last colon that is not inside brackets. */
static int parse_host(const char *text, struct address *a)
{
	const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
	bool has_port = colon && (!bracket || colon > bracket);
	size_t n = has_port ? (size_t)(colon - text) : strlen(text);
	char host[ADDR_TEXT_MAX];
	int r;

	a->tcp.port = ADDRESS_PORT;
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = 0;
	r = addr_parse_ip(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &a->tcp);
	if (r < 0)
		return r;
	return has_port ? parse_port(colon + 1, &a->tcp.port) : 0;
}

static int parse_url(const char *text, struct address *a)
{
	const char *at = strrchr(text, '@');
	size_t n = at ? (size_t)(at - text) : 0;

	if (n >= sizeof(a->token))
		return -EINVAL;
	memcpy(a->token, text, n);
	return parse_host(at ? at + 1 : text, a);
}

int address_parse(const char *text, struct address *ret)
{
	struct address a = { 0 };
	const char *rest;
	int r;

	rest = without(text, "unix:");
	if (rest || text[0] == '/') {
		r = parse_path(rest ? rest : text, &a);
	} else {
		rest = without(text, "nats://");
		r = parse_url(rest ? rest : text, &a);
	}
	if (r == 0)
		*ret = a;
	return r;
}
