#include "peer/addr_request.h"

#include "pool_world.h"

#include "base/buf.h"

/* Each node's requests, what it claims to know, and what it heard. */
static struct side {
	struct addr_requests *requests;
	struct peer_id known_id;
	size_t n_known;
	struct multiaddr known[ADDR_REQUEST_ADDRESSES_MAX];
	size_t n_answers, n;
	struct multiaddr answer[LIMIT_HINT_ADDRESSES];
	struct peer_id answer_id, via;
} sides[2];

static size_t known(void *user, const struct peer_id *id, const struct link *l,
		    struct multiaddr ret[ADDR_REQUEST_ADDRESSES_MAX])
{
	const struct side *s = user;

	assert_non_null(l);
	if (!peer_id_equal(id, &s->known_id))
		return 0;
	memcpy(ret, s->known, s->n_known * sizeof(ret[0]));
	return s->n_known;
}

static void on_answer(void *user, struct peer *via, const struct peer_id *id,
		      const struct multiaddr *addresses, size_t n)
{
	struct side *s = user;

	s->n_answers++;
	s->n = n;
	memcpy(s->answer, addresses, n * sizeof(addresses[0]));
	s->answer_id = *id;
	s->via = *peer_id_of(via);
}

static const struct addr_requests_ops ops = { .known = known, .on_answer = on_answer };

static struct pnode *a, *b;

/* b answers, a asks. */
static void begin_at(uint64_t seed, const char *ip_a, const char *ip_b)
{
	struct pnode *nodes_of[2];

	world_begin(seed);
	memset(sides, 0, sizeof(sides));
	for (size_t i = 0; i < 2; i++) {
		struct pnode *n = node_host_at(i == 0 ? ip_a : ip_b);
		struct pool_config config = node_config(n);

		nodes_of[i] = n;
		assert_int_equal(pool_new(&config, &n->pool), 0);
		assert_int_equal(
			addr_requests_new(n->loop, n->pool, &ops, &sides[i], &sides[i].requests),
			0);
		assert_int_equal(addr_parse_ip(n->ip, &n->at), 0);
		n->at.port = 4001;
		assert_int_equal(pool_listen(n->pool, &n->at), 0);
	}
	a = nodes_of[0];
	b = nodes_of[1];
	node_join(a, b);
	public_key_ed25519_peer_id((const uint8_t[32]){ 5 }, &sides[1].known_id);
}

static void begin(uint64_t seed)
{
	begin_at(seed, NULL, NULL);
}

static void end(void)
{
	for (size_t i = 0; i < 2; i++)
		addr_requests_free(sides[i].requests);
	world_end();
}

static void b_knows(const char *address)
{
	sides[1].known[sides[1].n_known++] = parse(address);
}

static void assert_answer(size_t i, const char *address)
{
	char text[LIMIT_MULTIADDR_TEXT];

	assert_true(i < sides[0].n);
	assert_string_equal(multiaddr_text(&sides[0].answer[i], text), address);
}

TEST(where_a_peer_is_comes_back_to_whoever_asked)
{
	begin(1);
	b_knows("/ip4/203.0.113.7/tcp/9905");
	b_knows("/dns4/node.example.com/tcp/9905");
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &sides[1].known_id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n_answers, 1);
	assert_true(peer_id_equal(&sides[0].answer_id, &sides[1].known_id));
	assert_true(peer_id_equal(&sides[0].via, &b->id));
	assert_int_equal(sides[0].n, 2);
	assert_answer(0, "/ip4/203.0.113.7/tcp/9905");
	assert_answer(1, "/dns4/node.example.com/tcp/9905");
	assert_true(addr_requests_counts(sides[0].requests).asked == 1);
	assert_true(addr_requests_counts(sides[1].requests).answered == 1);
	end();
}

TEST(who_knows_nothing_says_so_and_nobody_is_told)
{
	begin(2);
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &a->id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n_answers, 0);
	assert_true(addr_requests_counts(sides[1].requests).answered == 1);
	end();
}

TEST(a_private_address_is_told_on_a_private_network_only)
{
	begin(3);
	b_knows("/ip4/192.168.1.7/tcp/1");
	b_knows("/ip4/203.0.113.7/tcp/1");
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &sides[1].known_id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n, 2);
	end();
	begin_at(4, "203.0.113.1", "10.0.0.2");
	b_knows("/ip4/192.168.1.7/tcp/1");
	b_knows("/ip6/fe80::7/tcp/1");
	b_knows("/ip4/203.0.113.7/tcp/1");
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &sides[1].known_id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n, 1);
	assert_answer(0, "/ip4/203.0.113.7/tcp/1");
	end();
}

TEST(what_nobody_could_dial_is_not_told)
{
	begin(5);
	b_knows("/ip4/0.0.0.0/tcp/1");
	b_knows("/ip4/203.0.113.7/udp/1/quic-v1");
	b_knows("/ip4/203.0.113.7/tcp/1/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7/"
		"p2p-circuit");
	b_knows("/ip4/203.0.113.7/tcp/1/p2p/12D3KooWRawPbxPtP1eZaJpumGnyWX2DcUyd3RQnydr3eAto4Az7");
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &sides[1].known_id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n, 1);
	assert_answer(0, "/ip4/203.0.113.7/tcp/1");
	end();
}

/* ---- a stream by hand ---- */

static struct buf got;
static bool is_over, saw_eof;
static enum stream_end how;

static void on_data(void *user, struct stream *s, struct bytes bytes)
{
	(void)user;
	(void)s;
	assert_int_equal(buf_append(&got, bytes.p, bytes.n), 0);
}

static void on_eof(void *user, struct stream *s)
{
	(void)user;
	(void)s;
	saw_eof = true;
}

static void on_closed(void *user, struct stream *s, enum stream_end stream_end, uint32_t code)
{
	(void)user;
	(void)s;
	(void)code;
	is_over = true;
	how = stream_end;
}

static const struct stream_ops hand_ops = {
	.on_data = on_data,
	.on_eof = on_eof,
	.on_closed = on_closed,
};

static struct stream *open_by_hand(void)
{
	static const char *const protocols[] = { ADDR_REQUEST_PROTOCOL, NULL };
	struct stream *s;

	buf_deinit(&got);
	buf_init(&got, 1 * MIB);
	is_over = saw_eof = false;
	assert_int_equal(link_open_stream(a->primary, protocols, &hand_ops, NULL, &s), 0);
	return s;
}

static void say(struct stream *s, struct bytes v)
{
	assert_int_equal(stream_write(s, &v, 1), 0);
	world_run_for(the_world, 50);
}

TEST(the_question_needs_no_end_and_may_come_in_pieces)
{
	char text[PEER_ID_TEXT_MAX];
	struct stream *s;

	begin(6);
	b_knows("/ip4/203.0.113.7/tcp/9905");
	peer_id_text(&sides[1].known_id, text);
	s = open_by_hand();
	for (size_t i = 0; i < strlen(text); i++) {
		assert_false(saw_eof);
		say(s, BYTES(text + i, 1));
	}
	assert_true(saw_eof);
	assert_bytes(buf_data(&got), "[\"/ip4/203.0.113.7/tcp/9905\"]");
	stream_reset(s, 0);
	buf_deinit(&got);
	end();
}

TEST(what_is_no_question_gets_an_empty_answer_at_its_end_or_loses_its_stream)
{
	static const uint8_t lots[LIMIT_ADDR_REQUEST + 1] = { 'x' };
	struct stream *s;

	begin(7);
	s = open_by_hand();
	say(s, BYTES_LITERAL("nobody"));
	assert_false(saw_eof);
	stream_close(s);
	world_run_for(the_world, 200);
	assert_true(saw_eof);
	assert_bytes(buf_data(&got), "[]");
	s = open_by_hand();
	say(s, BYTES(lots, sizeof(lots)));
	assert_true(is_over);
	assert_int_equal(how, STREAM_RESET);
	assert_true(addr_requests_counts(sides[1].requests).refused == 2);
	/* Half a question is waited for, but not for ever. */
	s = open_by_hand();
	say(s, BYTES_LITERAL("12D3Koo"));
	world_run_for(the_world, LIMIT_ADDR_REQUEST_MS - 1000);
	assert_false(is_over);
	world_run_for(the_world, 1500);
	assert_true(is_over);
	buf_deinit(&got);
	assert_int_equal(pool_n_links(b->pool), 1);
	end();
}

TEST(a_peer_has_a_few_questions_at_once)
{
	struct stream *s[LIMIT_ADDR_REQUESTS_PER_PEER];

	begin(8);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = open_by_hand();
	world_run_for(the_world, 200);
	assert_false(is_over);
	(void)open_by_hand();
	world_run_for(the_world, 200);
	assert_true(is_over);
	assert_true(addr_requests_counts(sides[1].requests).refused == 1);
	stream_reset(s[0], 0);
	world_run_for(the_world, 200);
	s[0] = open_by_hand();
	world_run_for(the_world, 200);
	assert_false(is_over);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		stream_reset(s[i], 0);
	buf_deinit(&got);
	end();
}

/* ---- those that answer badly ---- */

static const char *bad_answer;

static void on_bad(void *user, struct peer *p, struct link *l, struct stream *s)
{
	static const struct stream_ops nothing;
	struct bytes v = bytes_of_text(bad_answer ? bad_answer : "");

	(void)user;
	(void)p;
	(void)l;
	stream_accept(s, &nothing, NULL);
	if (!bad_answer)
		return;
	assert_int_equal(stream_write(s, &v, 1), 0);
	stream_close(s);
	stream_forget(s);
}

TEST(an_answer_that_is_none_or_too_long_or_never_comes_is_nobody_s_loss)
{
	static const struct pool_protocol bad = { ADDR_REQUEST_PROTOCOL, on_bad, NULL };
	static char longest[LIMIT_ADDR_ANSWER + 2];
	const char *const answers[] = { "", "{}", "[\"x\"]", "nonsense", longest, NULL };
	struct pool_config config;
	struct peer_id id;

	world_begin(9);
	memset(sides, 0, sizeof(sides));
	memset(longest, ' ', sizeof(longest) - 1);
	a = node_host();
	config = node_config(a);
	assert_int_equal(pool_new(&config, &a->pool), 0);
	assert_int_equal(addr_requests_new(a->loop, a->pool, &ops, &sides[0], &sides[0].requests),
			 0);
	b = node_host();
	config = node_config(b);
	node_start(b, &config);
	assert_int_equal(pool_serve(b->pool, &bad), 0);
	node_join(a, b);
	id = a->id;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		bad_answer = answers[i];
		assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &id), 0);
		world_run_for(the_world, LIMIT_ADDR_REQUEST_MS + 500);
		assert_int_equal(sides[0].n_answers, 0);
	}
	bad_answer = "[\"x\",\"/ip4/203.0.113.7/tcp/1\"]";
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &id), 0);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n_answers, 1);
	assert_int_equal(pool_n_links(a->pool), 1);
	addr_requests_free(sides[0].requests);
	world_end();
}

TEST(who_does_not_speak_it_is_not_asked_and_a_lost_link_leaves_nothing)
{
	struct pool_config config;
	struct pnode *c;

	begin(10);
	c = node_host();
	config = node_config(c);
	node_start(c, &config);
	node_join(a, c);
	assert_int_equal(addr_requests_ask(sides[0].requests, a->peer, &b->id), -EPROTONOSUPPORT);
	assert_int_equal(addr_requests_ask(sides[0].requests, peer_at(a, b), &c->id), 0);
	world_reset_host(the_world, b->loop);
	world_run_for(the_world, 500);
	assert_int_equal(sides[0].n_answers, 0);
	/* And one that is under way when all ends. */
	node_join(a, b);
	assert_int_equal(addr_requests_ask(sides[0].requests, peer_at(a, b), &c->id), 0);
	end();
}

TESTS(RUN(where_a_peer_is_comes_back_to_whoever_asked),
      RUN(who_knows_nothing_says_so_and_nobody_is_told),
      RUN(a_private_address_is_told_on_a_private_network_only),
      RUN(what_nobody_could_dial_is_not_told),
      RUN(the_question_needs_no_end_and_may_come_in_pieces),
      RUN(what_is_no_question_gets_an_empty_answer_at_its_end_or_loses_its_stream),
      RUN(a_peer_has_a_few_questions_at_once),
      RUN(an_answer_that_is_none_or_too_long_or_never_comes_is_nobody_s_loss),
      RUN(who_does_not_speak_it_is_not_asked_and_a_lost_link_leaves_nothing))
