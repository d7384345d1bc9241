/* cc consumer.c $(pkg-config --cflags --libs peerline) && ./a.out ADDRESS topic.demo/news [QUEUE]
 * ADDRESS: unix:/data/peerline.sock, what `peerline url` prints, or embedded:/data (node inside) */
#include <peerline/consumer.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	const struct pl_consumer_options me = { .size = sizeof(me), .name = "example-c" };
	const struct pl_publication ask = { .size = sizeof(ask), .subject = "$PL.API.STATUS" };
	const struct pl_message *m;
	struct pl_consumer *c = NULL;
	struct pl_line *line;
	size_t n;
	int r = pl_line_open(argc > 2 ? argv[1] : "", NULL, 0, &line);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (r == 0 && (r = pl_consumer_open(line, &me, &c)) == 0 &&
	    (r = pl_consumer_request(c, &ask, 5000, &m)) == 0 &&
	    printf("%.*s\n", (int)m->data_size, m->data) > 0)
		r = pl_consumer_subscribe(c, argv[2], argv[3], NULL);
	while (r == 0 && (r = pl_consumer_next(c, PL_FOREVER, &m)) == 0) {
		const char *from = pl_message_header(m, "Pl-From", &n);
		if (m->gap.why) /* PL_GAP_SLOW, _AWAY, _RESTART */
			printf("missed %ju-%ju\n", (uintmax_t)m->gap.from, (uintmax_t)m->gap.to);
		if (m->kind == PL_MESSAGE && from)
			printf("%.*s: %.*s\n", (int)n, from, (int)m->data_size, m->data);
	}
	fprintf(stderr, "%s: %s%s\n", pl_strerror(r), pl_line_error(line), pl_consumer_error(c));
	pl_consumer_close(c);
	pl_line_close(line);
}
