#include "pool_world.h"

#include "peer/peer.h"
#include "peer/signed_record.h"
#include "wire/identify.h"
#include "wire/rd.h"
#include "wire/wr.h"

/* A stream's worth of bytes, read or to be sent. */
static struct reading {
	struct buf b;
	bool eof, closed;
	enum stream_end end;
} reading;

static void on_data(void *user, struct stream *s, struct bytes b)
{
	(void)user;
	(void)s;
	assert_int_equal(buf_append(&reading.b, b.p, b.n), 0);
}

static void on_eof(void *user, struct stream *s)
{
	(void)user;
	reading.eof = true;
	stream_close(s);
}

static void on_closed(void *user, struct stream *s, enum stream_end end, uint32_t code)
{
	(void)user;
	(void)s;
	(void)code;
	reading.closed = true;
	reading.end = end;
}

static const struct stream_ops reading_ops = {
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

static const char *const identify_protocol[] = { "/ipfs/id/1.0.0", NULL };
static const char *const push_protocol[] = { "/ipfs/id/push/1.0.0", NULL };

static struct stream *open_on(struct pnode *n, const char *const *protocols)
{
	struct stream *s;

	buf_deinit(&reading.b);
	memset(&reading, 0, sizeof(reading));
	buf_init(&reading.b, 1 * MIB);
	assert_int_equal(link_open_stream(n->primary, protocols, &reading_ops, NULL, &s), 0);
	return s;
}

static void frame(struct buf *out, const struct identify *m)
{
	_cleanup_(buf_deinit) struct buf b;
	struct wr wr = wr_to(out);

	buf_init(&b, 64 * KIB);
	assert_int_equal(identify_encode(m, &b), 0);
	wr_varint_bytes(&wr, buf_data(&b));
	assert_int_equal(wr_finish(&wr), 0);
}

/* `a` pushes these bytes to whoever it is connected with. */
static void push_bytes(struct pnode *a, struct bytes b)
{
	struct stream *s = open_on(a, push_protocol);

	assert_int_equal(stream_write(s, &b, 1), 0);
	stream_close(s);
	world_run_for(the_world, 500);
}

static void push(struct pnode *a, const struct identify *m, size_t times)
{
	_cleanup_(buf_deinit) struct buf b;

	buf_init(&b, 1 * MIB);
	while (times-- > 0)
		frame(&b, m);
	push_bytes(a, buf_data(&b));
}

static void two_joined(struct pnode **a, struct pnode **b)
{
	world_begin(1);
	*a = node_new();
	*b = node_new();
	node_join(*a, *b);
}

static void end(void)
{
	world_end();
	buf_deinit(&reading.b);
}

TEST(what_we_say_is_short_whole_and_true)
{
	struct pnode *a, *b;
	struct identify m = { 0 };
	struct multiaddr address;
	struct addr local;
	struct rd r;

	two_joined(&a, &b);
	stream_close(open_on(a, identify_protocol));
	world_run_for(the_world, 500);
	assert_true(reading.eof);
	assert_int_equal(reading.end, STREAM_DONE);
	assert_true(buf_len(&reading.b) < 4096);
	r = rd_of(buf_data(&reading.b));
	assert_int_equal(identify_decode(rd_varint_bytes(&r, 8192), &m), 0);
	assert_int_equal(rd_finish(&r), 0);
	assert_true(bytes_equal(m.public_key, link_peer_key(a->primary)));
	assert_bytes(m.agent, "peerline/0.1.0");
	assert_true(m.has_protocol_version);
	/* Who asks learns how it is seen, and where we listen: without /p2p. */
	local = net_link_local(a->primary);
	multiaddr_from_addr(&local, &address);
	assert_true(bytes_equal(m.observed, BYTES(address.b, address.n)));
	assert_int_equal(m.n_listen, 1);
	address = address_of_node(b, false);
	assert_true(bytes_equal(m.listen[0], BYTES(address.b, address.n)));
	assert_int_equal(m.n_protocols, 4);
	end();
}

TEST(our_addresses_go_out_under_our_signature_made_once)
{
	struct pnode *a, *b;
	struct peer_record record;
	struct bytes envelope;
	uint8_t first[LIMIT_SIGNED_RECORD];
	uint64_t seq;
	struct addr more;

	two_joined(&a, &b);
	envelope = peer_signed_record(a->peer);
	assert_int_equal(signed_record_check(envelope, &b->id, &record), 0);
	assert_int_equal(record.n_addresses, 1);
	assert_true(bytes_equal(record.addresses[0],
				BYTES(address_of_node(b, false).b, address_of_node(b, false).n)));
	seq = record.seq;
	memcpy(first, envelope.p, envelope.n);
	/* Asked again: the same bytes. */
	stream_close(open_on(a, identify_protocol));
	world_run_for(the_world, 500);
	assert_non_null(memmem(buf_data(&reading.b).p, buf_len(&reading.b), first, envelope.n));
	/* Other addresses: a newer record, and who was told keeps that one. */
	more = b->at;
	more.port = 4010;
	assert_int_equal(pool_listen(b->pool, &more), 0);
	world_run_for(the_world, 500);
	assert_int_equal(signed_record_check(peer_signed_record(a->peer), &b->id, &record), 0);
	assert_int_equal(record.n_addresses, 2);
	assert_true(record.seq > seq);
	end();
}

TEST(of_a_peer_s_records_the_newest_that_is_really_its_own_is_kept)
{
	struct pnode *a, *b;
	_cleanup_(buf_deinit) struct buf newer, older, foreign;
	struct identify m = { .has_record = true };
	struct multiaddr at;

	two_joined(&a, &b);
	at = address_of_node(a, false);
	buf_init(&newer, LIMIT_SIGNED_RECORD);
	buf_init(&older, LIMIT_SIGNED_RECORD);
	buf_init(&foreign, LIMIT_SIGNED_RECORD);
	assert_int_equal(signed_record_make(&a->key, UINT64_MAX - 1, &at, 1, &newer), 0);
	assert_int_equal(signed_record_make(&a->key, UINT64_MAX - 2, &at, 1, &older), 0);
	assert_int_equal(signed_record_make(&b->key, UINT64_MAX, &at, 1, &foreign), 0);
	m.record = buf_data(&newer);
	push(a, &m, 1);
	assert_true(bytes_equal(peer_signed_record(b->peer), buf_data(&newer)));
	m.record = buf_data(&older);
	push(a, &m, 1);
	assert_true(bytes_equal(peer_signed_record(b->peer), buf_data(&newer)));
	m.record = buf_data(&foreign);
	push(a, &m, 1);
	m.record = BYTES_LITERAL("nonsense");
	push(a, &m, 1);
	assert_true(bytes_equal(peer_signed_record(b->peer), buf_data(&newer)));
	/* What it said beside the nonsense counts all the same. */
	assert_int_equal(b->n_identified, 5);
	end();
}

TEST(announced_addresses_are_told_in_place_of_the_listeners)
{
	const struct multiaddr announce[] = { parse("/ip4/203.0.113.9/tcp/9905"),
					      parse("/dns4/node.example.com/tcp/9905") };
	struct pnode *a, *b;
	struct pool_config config;
	struct peer_record record;
	struct peer_info info;

	world_begin(3);
	a = node_new();
	b = node_host();
	config = node_config(b);
	config.announce = announce;
	config.n_announce = ARRAY_SIZE(announce);
	node_start(b, &config);
	node_join(a, b);
	peer_get_info(a->peer, &info);
	assert_int_equal(info.n_listen_addresses, 2);
	assert_true(multiaddr_equal(&info.listen_addresses[0], &announce[0]));
	assert_true(multiaddr_equal(&info.listen_addresses[1], &announce[1]));
	assert_int_equal(signed_record_check(peer_signed_record(a->peer), &b->id, &record), 0);
	assert_int_equal(record.n_addresses, 2);
	end();
}

TEST(as_much_as_may_be_announced_still_fits_into_what_all_take)
{
	static struct multiaddr announce[LIMIT_LISTENERS];
	struct pnode *a, *b;
	struct pool_config config;
	struct peer_record record;
	size_t n_bytes = 0;

	world_begin(4);
	a = node_new();
	b = node_host();
	for (size_t i = 0; i < ARRAY_SIZE(announce); i++) {
		announce[i] = parse("/dns4/a-name-that-fills-its-share-of-the-message."
				    "node.example.com/tcp/9905");
		n_bytes += announce[i].n;
	}
	assert_true(n_bytes <= LIMIT_ANNOUNCE_BYTES && n_bytes > LIMIT_ANNOUNCE_BYTES * 9 / 10);
	config = node_config(b);
	config.announce = announce;
	config.n_announce = ARRAY_SIZE(announce);
	node_start(b, &config);
	node_join(a, b);
	assert_int_equal(signed_record_check(peer_signed_record(a->peer), &b->id, &record), 0);
	assert_int_equal(record.n_addresses, LIMIT_LISTENERS);
	stream_close(open_on(a, identify_protocol));
	world_run_for(the_world, 500);
	assert_true(reading.eof);
	assert_true(buf_len(&reading.b) > 2 * n_bytes && buf_len(&reading.b) < 4096);
	end();
}

TEST(a_listener_on_every_address_is_told_as_the_one_reached)
{
	struct pnode *a, *b;
	struct addr any = { .family = ADDR_IP4, .port = 4009 };
	struct peer_info info;
	char text[LIMIT_MULTIADDR_TEXT];

	world_begin(2);
	a = node_new();
	b = node_new();
	assert_int_equal(pool_listen(b->pool, &any), 0);
	node_join(a, b);
	peer_get_info(a->peer, &info);
	assert_int_equal(info.n_listen_addresses, 2);
	assert_string_equal(multiaddr_text(&info.listen_addresses[1], text),
			    "/ip4/10.0.0.2/tcp/4009");
	end();
}

TEST(a_new_listener_is_pushed_to_those_who_are_connected)
{
	struct pnode *a, *b;
	struct addr more;
	struct peer_info info;

	two_joined(&a, &b);
	more = b->at;
	more.port = 4010;
	assert_int_equal(pool_listen(b->pool, &more), 0);
	world_run_for(the_world, 500);
	assert_int_equal(a->n_identified, 2);
	peer_get_info(a->peer, &info);
	assert_int_equal(info.n_listen_addresses, 2);
	assert_int_equal(info.n_protocols, 4);
	end();
}

TEST(a_push_changes_what_it_says_and_nothing_else)
{
	struct pnode *a, *b;
	struct peer_info info;
	struct identify m = { .n_protocols = 1, .protocols = { BYTES_LITERAL("/only/1") } };

	two_joined(&a, &b);
	push(a, &m, 1);
	assert_int_equal(b->n_identified, 2);
	peer_get_info(b->peer, &info);
	assert_int_equal(info.n_protocols, 1);
	assert_string_equal(info.protocols[0], "/only/1");
	assert_string_equal(info.agent, "peerline/0.1.0");
	assert_int_equal(info.n_listen_addresses, 1);
	end();
}

TEST(up_to_ten_messages_are_one)
{
	struct pnode *a, *b;
	struct identify m = { .n_protocols = 1, .protocols = { BYTES_LITERAL("/only/1") } };
	struct peer_info info;

	two_joined(&a, &b);
	push(a, &m, LIMIT_IDENTIFY_MESSAGES);
	peer_get_info(b->peer, &info);
	assert_int_equal(info.n_protocols, LIMIT_IDENTIFY_MESSAGES);
	push(a, &m, LIMIT_IDENTIFY_MESSAGES + 1);
	assert_int_equal(b->n_identified, 2);
	end();
}

TEST(nonsense_changes_nothing_and_costs_no_link)
{
	struct pnode *a, *b;
	static uint8_t lots[200 * KIB];
	struct identify m = { .has_public_key = true,
			      .public_key = BYTES_LITERAL("not the key it proved"),
			      .n_protocols = 1,
			      .protocols = { BYTES_LITERAL("/only/1") } };

	two_joined(&a, &b);
	push_bytes(a, BYTES_LITERAL("\x05hello"));
	push_bytes(a, BYTES_LITERAL("\xff\xff\xff"));
	push_bytes(a, BYTES_LITERAL("\x10short"));
	push_bytes(a, BYTES_LITERAL(""));
	push_bytes(a, BYTES(lots, sizeof(lots)));
	assert_int_equal(reading.end, STREAM_RESET);
	push(a, &m, 1);
	assert_int_equal(b->n_identified, 1);
	assert_int_equal(pool_n_links(b->pool), 1);
	end();
}

TEST(of_two_pushes_at_once_the_newer_one_counts)
{
	struct pnode *a, *b;
	struct identify m = { .n_protocols = 1, .protocols = { BYTES_LITERAL("/only/1") } };
	struct stream *s;

	two_joined(&a, &b);
	s = open_on(a, push_protocol);
	assert_int_equal(stream_write(s, &BYTES_LITERAL("\x10half"), 1), 0);
	world_run_for(the_world, 500);
	assert_false(reading.closed);
	push(a, &m, 1);
	assert_int_equal(b->n_identified, 2);
	assert_true(peer_serves(b->peer, "/only/1"));
	end();
}

TEST(a_link_that_dies_while_it_is_asked_leaves_nothing)
{
	struct pnode *a, *b;

	two_joined(&a, &b);
	identify_ask(pool_link_of(a->primary));
	identify_ask(pool_link_of(a->primary));
	(void)open_on(b, push_protocol);
	world_run_for(the_world, 20);
	world_reset_host(the_world, a->loop);
	world_run_for(the_world, 500);
	assert_int_equal(a->n_peer_down, 1);
	assert_int_equal(b->n_peer_down, 1);
	end();
}

TESTS(RUN(what_we_say_is_short_whole_and_true),
      RUN(our_addresses_go_out_under_our_signature_made_once),
      RUN(of_a_peer_s_records_the_newest_that_is_really_its_own_is_kept),
      RUN(announced_addresses_are_told_in_place_of_the_listeners),
      RUN(as_much_as_may_be_announced_still_fits_into_what_all_take),
      RUN(a_listener_on_every_address_is_told_as_the_one_reached),
      RUN(a_new_listener_is_pushed_to_those_who_are_connected),
      RUN(a_push_changes_what_it_says_and_nothing_else), RUN(up_to_ten_messages_are_one),
      RUN(nonsense_changes_nothing_and_costs_no_link),
      RUN(of_two_pushes_at_once_the_newer_one_counts),
      RUN(a_link_that_dies_while_it_is_asked_leaves_nothing))
