#include "net/foreign.h"

static void start_pair(struct end *a, struct end *b)
{
	end_init(a, 1);
	end_init(b, 2);
	end_start(a, true, &b->config.id);
	end_start(b, false, NULL);
}

TEST(two_ends_meet_and_know_each_other)
{
	struct end a, b;

	start_pair(&a, &b);
	ends_talk(&a, &b, 0, AT(7));
	assert_int_equal(a.n_up, 1);
	assert_int_equal(b.n_up, 1);
	assert_true(peer_id_equal(link_peer(a.l), &b.config.id));
	assert_true(peer_id_equal(link_peer(b.l), &a.config.id));
	assert_int_equal(link_peer_key(a.l).n, 36);
	assert_memory_equal(link_peer_key(a.l).p + 4, b.key.public, 32);
	assert_true(link_is_dialer(a.l) && !link_is_dialer(b.l));
	assert_int_equal(link_up_at(a.l).ns, AT(7).ns);
	ends_deinit(&a, &b);
}

TEST(peerlines_tell_each_other_what_they_are)
{
	struct end a, b;

	start_pair(&a, &b);
	ends_talk(&a, &b, 0, AT(0));
	assert_string_equal(link_extension(a.l)->version, "0.1.0");
	assert_string_equal(link_extension(a.l)->network, "testnet");
	assert_int_equal(link_extension(a.l)->incarnation, 2);
	assert_true(link_extension(a.l)->link_id == link_id(b.l));
	assert_true(link_extension(b.l)->link_id == link_id(a.l));
	assert_true(link_id(a.l) != link_id(b.l));
	ends_deinit(&a, &b);
}

TEST(they_meet_however_the_bytes_are_split)
{
	for (size_t i = 0; i < 300; i++) {
		struct end a, b;

		start_pair(&a, &b);
		ends_talk(&a, &b, 1 + i % 200, AT(0));
		assert_true(link_is_up(a.l) && link_is_up(b.l));
		ends_deinit(&a, &b);
	}
}

TEST(the_dialer_is_up_after_one_round_trip_and_the_muxer_costs_none)
{
	struct end a, b;

	start_pair(&a, &b);
	end_flush(&a);
	end_carry(&a, &b, buf_len(&a.wire), AT(0));
	end_flush(&b);
	end_carry(&b, &a, buf_len(&b.wire), AT(0));
	assert_true(link_is_up(a.l));
	assert_false(link_is_up(b.l));
	end_flush(&a);
	end_carry(&a, &b, buf_len(&a.wire), AT(0));
	assert_true(link_is_up(b.l));
	ends_deinit(&a, &b);
}

TEST(another_peer_than_the_one_dialled_is_refused_before_it_learns_who_dials)
{
	struct end a, b, c;

	end_init(&a, 1);
	end_init(&b, 2);
	end_init(&c, 3);
	end_start(&a, true, &c.config.id);
	end_start(&b, false, NULL);
	ends_talk(&a, &b, 0, AT(0));
	assert_true(a.over);
	assert_int_equal(link_reason(a.l), LINK_WRONG_PEER);
	assert_int_equal(a.n_up + b.n_up, 0);
	assert_false(link_is_up(b.l));
	ends_deinit(&a, &b);
	end_deinit(&c);
}

TEST(we_notice_that_we_reached_ourselves)
{
	struct end a, b;

	end_init(&a, 1);
	end_init(&b, 1);
	random_seeded_init(&b.seeded, 99); /* the same key, other ephemerals */
	end_start(&a, true, NULL);
	end_start(&b, false, NULL);
	ends_talk(&a, &b, 0, AT(0));
	assert_true(a.over);
	assert_int_equal(link_reason(a.l), LINK_SELF);
	ends_deinit(&a, &b);
}

TEST(a_handshake_has_five_seconds_and_progress_gives_no_more)
{
	struct end a, b;

	start_pair(&a, &b);
	end_flush(&a);
	assert_int_equal(link_deadline(b.l).ns, AT(LIMIT_HANDSHAKE_MS).ns);
	for (uint64_t ms = 100; ms < LIMIT_HANDSHAKE_MS; ms += 100) {
		end_carry(&a, &b, 1, AT(ms));
		assert_int_equal(link_tick(b.l, AT(ms)), 0);
	}
	assert_int_equal(link_deadline(b.l).ns, AT(LIMIT_HANDSHAKE_MS).ns);
	assert_int_equal(link_tick(b.l, AT(LIMIT_HANDSHAKE_MS)), 1);
	assert_int_equal(link_reason(b.l), LINK_HANDSHAKE_TIMEOUT);
	ends_deinit(&a, &b);
}

TEST(a_handshake_cut_at_any_byte_gives_no_link_and_ends_in_order)
{
	size_t total;
	struct end a, b;

	start_pair(&a, &b);
	end_flush(&a);
	total = buf_len(&a.wire);
	end_carry(&a, &b, total, AT(0));
	end_flush(&b);
	end_carry(&b, &a, buf_len(&b.wire), AT(0));
	end_flush(&a);
	total += buf_len(&a.wire);
	ends_deinit(&a, &b);

	for (size_t cut = 0; cut < total; cut++) {
		size_t first;

		start_pair(&a, &b);
		end_flush(&a);
		first = size_min(cut, buf_len(&a.wire));
		end_carry(&a, &b, first, AT(0));
		end_flush(&b);
		end_carry(&b, &a, buf_len(&b.wire), AT(0));
		end_flush(&a);
		end_carry(&a, &b, cut - first, AT(0));
		assert_false(b.over);
		assert_int_equal(b.n_up, 0);
		assert_int_equal(link_input_end(b.l, AT(1)), 1);
		assert_int_equal(link_reason(b.l), LINK_CLOSED);
		ends_deinit(&a, &b);
	}
}

TEST(any_flipped_byte_of_the_handshake_gives_no_link)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0;; i++) {
			struct end a, b, *from = side ? &b : &a, *to = side ? &a : &b;

			start_pair(&a, &b);
			end_flush(&a);
			if (side) {
				end_carry(&a, &b, buf_len(&a.wire), AT(0));
				end_flush(&b);
			}
			if (i == buf_len(&from->wire)) {
				ends_deinit(&a, &b);
				break;
			}
			from->wire.mem[from->wire.start + i] ^= 0x01;
			ends_talk(&a, &b, 0, AT(0));
			assert_false(link_is_up(to->l) && link_is_up(from->l));
			assert_int_equal(b.n_up, 0);
			ends_deinit(&a, &b);
		}
	}
}

TEST(a_recorded_dialer_replayed_gets_no_session)
{
	struct end a, b, again;
	uint8_t record[4096];
	size_t n;

	start_pair(&a, &b);
	end_flush(&a);
	n = buf_len(&a.wire);
	memcpy(record, buf_data(&a.wire).p, n);
	end_carry(&a, &b, n, AT(0));
	end_flush(&b);
	end_carry(&b, &a, buf_len(&b.wire), AT(0));
	end_flush(&a);
	memcpy(record + n, buf_data(&a.wire).p, buf_len(&a.wire));
	n += buf_len(&a.wire);

	for (uint64_t i = 0; i < 20; i++) {
		end_init(&again, 2);
		random_seeded_init(&again.seeded, 1000 + i);
		end_start(&again, false, NULL);
		assert_int_equal(link_input(again.l, BYTES(record, n), AT(0)), 1);
		assert_int_equal(link_reason(again.l), LINK_BAD_HANDSHAKE);
		assert_int_equal(again.n_up, 0);
		end_deinit(&again);
	}
	ends_deinit(&a, &b);
}

TEST(foreign_first_bytes_are_named_for_what_they_are)
{
	static const struct {
		const char *in;
		enum link_reason reason;
	} cases[] = {
		{ "\x04GET\n", LINK_NOT_LIBP2P },
		{ "\xff\xff\xff\xff", LINK_NOT_LIBP2P },
		{ "\x13/multistream/1.0.0\n\xff\xff\xff", LINK_BAD_HANDSHAKE },
		{ "\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\x16\x03\x01", LINK_CLOSED },
		{ "\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n\xff\xff\xff", LINK_NO_COMMON_PROTOCOL },
		{ "\x13/multistream/1.0.0\n\x07/noise\n\xff\xff", LINK_BAD_HANDSHAKE },
		{ "\x13/multistream/1.0.0\n\x07/noise\n\x10\x61", LINK_BAD_HANDSHAKE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct end b;
		int r;

		end_init(&b, 2);
		end_start(&b, false, NULL);
		r = link_input(b.l, bytes_of_text(cases[i].in), AT(0));
		assert_int_equal(r, cases[i].reason != LINK_CLOSED);
		if (r)
			assert_int_equal(link_reason(b.l), cases[i].reason);
		end_deinit(&b);
	}
}

TEST(who_goes_after_our_na_had_nothing_else_to_propose)
{
	struct end b;

	end_init(&b, 2);
	end_start(&b, false, NULL);
	assert_int_equal(
		link_input(b.l, BYTES_LITERAL("\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n"), AT(0)),
		0);
	end_flush(&b);
	assert_bytes(buf_data(&b.wire), "\x13/multistream/1.0.0\n\x03na\n");
	assert_int_equal(link_input_end(b.l, AT(1)), 1);
	assert_int_equal(link_reason(b.l), LINK_NO_COMMON_PROTOCOL);
	end_deinit(&b);
}

TEST(a_dialer_that_is_refused_noise_has_no_common_protocol)
{
	struct end a;

	end_init(&a, 1);
	end_start(&a, true, NULL);
	assert_int_equal(link_input(a.l, BYTES_LITERAL("\x13/multistream/1.0.0\n\x03na\n"), AT(0)),
			 1);
	assert_int_equal(link_reason(a.l), LINK_NO_COMMON_PROTOCOL);
	end_deinit(&a);
}

static void start_against(struct end *e, struct foreign *f, bool link_dials)
{
	end_init(e, 1);
	foreign_init(f, !link_dials, 50);
	end_start(e, link_dials, NULL);
}

static void stop_against(struct end *e, struct foreign *f)
{
	end_deinit(e);
	foreign_deinit(f);
}

TEST(a_foreign_dialer_that_names_its_muxers_needs_no_second_negotiation)
{
	struct foreign f;
	struct end e;

	start_against(&e, &f, false);
	f.muxers[0] = "/mplex/6.7.0";
	f.muxers[1] = "/yamux/1.0.0";
	assert_int_equal(foreign_dial(&f, &e), 0);
	assert_true(link_is_up(e.l));
	assert_null(link_extension(e.l));
	stop_against(&e, &f);
}

TEST(a_foreign_dialer_without_early_muxers_negotiates_by_multistream)
{
	static const char *const muxers[] = { NULL, "/mplex/6.7.0" };

	for (size_t i = 0; i < ARRAY_SIZE(muxers); i++) {
		struct foreign f;
		struct end e;

		start_against(&e, &f, false);
		f.muxers[0] = muxers[i];
		assert_int_equal(foreign_dial(&f, &e), 0);
		assert_false(link_is_up(e.l));
		foreign_split(&f);
		foreign_expect_sealed(&f, &e, "");
		assert_int_equal(
			foreign_send_sealed(&f, &e, BYTES_LITERAL(HEADER "\x0d/mplex/6.7.0\n")), 0);
		foreign_expect_sealed(&f, &e, HEADER "\x03na\n");
		assert_int_equal(foreign_send_sealed(&f, &e, BYTES(NULL, 0)), 0);
		assert_int_equal(foreign_send_sealed(&f, &e, BYTES_LITERAL("\x0d/yamux")), 0);
		assert_int_equal(e.n_up, 0);
		assert_int_equal(foreign_send_sealed(&f, &e, BYTES_LITERAL("/1.0.0\n")), 0);
		foreign_expect_sealed(&f, &e, "\x0d/yamux/1.0.0\n");
		assert_int_equal(e.n_up, 1);
		stop_against(&e, &f);
	}
}

TEST(a_lazy_foreign_dialer_may_send_its_first_frames_with_the_muxer_proposal)
{
	struct foreign f;
	struct end e;
	/* Ping with value 1. */
	static const char in[] = HEADER "\x0d/yamux/1.0.0\n"
					"\0\x02\0\x01\0\0\0\0\0\0\0\x01";
	static const char out[] = HEADER "\x0d/yamux/1.0.0\n"
					 "\0\x02\0\x02\0\0\0\0\0\0\0\x01";
	struct bytes m;
	uint8_t plain[256];

	start_against(&e, &f, false);
	assert_int_equal(foreign_dial(&f, &e), 0);
	foreign_split(&f);
	assert_int_equal(foreign_send_sealed(&f, &e, BYTES(in, sizeof(in) - 1)), 0);
	assert_true(link_is_up(e.l));
	assert_true(foreign_take(&f, &e, &m));
	assert_int_equal(noise_open(f.receive, m, plain), 0);
	assert_memory_equal(plain, out, 34);
	buf_consume(&f.said, 2 + m.n);
	assert_true(foreign_take(&f, &e, &m));
	assert_int_equal(noise_open(f.receive, m, plain), 0);
	assert_int_equal(m.n - NOISE_TAG, 12);
	assert_memory_equal(plain, out + 34, 12);
	stop_against(&e, &f);
}

TEST(we_negotiate_the_muxer_with_a_foreign_listener_that_names_none)
{
	struct foreign f;
	struct end e;

	start_against(&e, &f, true);
	assert_int_equal(foreign_answer(&f, &e), 0);
	assert_false(link_is_up(e.l));
	foreign_read_noise(&f, &e);
	foreign_split(&f);
	foreign_expect_sealed(&f, &e, HEADER "\x0d/yamux/1.0.0\n");
	assert_int_equal(foreign_send_sealed(&f, &e, BYTES_LITERAL(HEADER "\x0d/yamux/1.0.0\n")),
			 0);
	assert_true(link_is_up(e.l));
	stop_against(&e, &f);
}

TEST(a_peer_without_our_muxer_has_no_common_protocol)
{
	struct foreign f;
	struct end e;

	start_against(&e, &f, true);
	assert_int_equal(foreign_answer(&f, &e), 0);
	foreign_read_noise(&f, &e);
	foreign_split(&f);
	assert_int_equal(foreign_send_sealed(&f, &e, BYTES_LITERAL(HEADER "\x03na\n")), 1);
	assert_int_equal(link_reason(e.l), LINK_NO_COMMON_PROTOCOL);
	stop_against(&e, &f);

	start_against(&e, &f, false);
	assert_int_equal(foreign_dial(&f, &e), 0);
	foreign_split(&f);
	assert_int_equal(
		foreign_send_sealed(&f, &e, BYTES_LITERAL(HEADER "\x0d/mplex/6.7.0\n\xff\xff\xff")),
		1);
	assert_int_equal(link_reason(e.l), LINK_NO_COMMON_PROTOCOL);
	stop_against(&e, &f);
}

TEST(nonsense_in_place_of_the_muxer_is_a_bad_handshake)
{
	struct foreign f;
	struct end e;

	start_against(&e, &f, false);
	assert_int_equal(foreign_dial(&f, &e), 0);
	foreign_split(&f);
	assert_int_equal(foreign_send_sealed(&f, &e, BYTES_LITERAL("\xff\xff\xff")), 1);
	assert_int_equal(link_reason(e.l), LINK_BAD_HANDSHAKE);
	stop_against(&e, &f);
}

static enum link_reason judged(struct end *e, struct foreign *f, bool link_dials)
{
	enum link_reason reason;
	int r = link_dials ? foreign_answer(f, e) : foreign_dial(f, e);

	assert_int_equal(r, 1);
	assert_int_equal(e->n_up, 0);
	assert_false(link_is_up(e->l));
	reason = link_reason(e->l);
	stop_against(e, f);
	return reason;
}

TEST(a_signature_that_does_not_verify_is_a_bad_identity)
{
	for (int dials = 0; dials < 2; dials++) {
		struct foreign f;
		struct end e;

		start_against(&e, &f, dials);
		f.bad_signature = true;
		assert_int_equal(judged(&e, &f, dials), LINK_BAD_IDENTITY);
	}
}

TEST(a_signature_for_another_static_key_is_a_bad_identity)
{
	/* The man in the middle has a session with each side and passes the identities on. */
	for (int dials = 0; dials < 2; dials++) {
		struct foreign f, victim;
		struct end e;

		start_against(&e, &f, dials);
		foreign_init(&victim, false, 77);
		f.signs_for = noise_static_key(&victim.noise);
		assert_int_equal(judged(&e, &f, dials), LINK_BAD_IDENTITY);
		foreign_deinit(&victim);
	}
}

TEST(a_payload_without_a_key_or_with_an_impossible_one_is_refused)
{
	static const char *const keys[] = {
		"0801 1221 00000000000000000000000000000000000000000000000000000000000000ff ff",
		"0807 1220 0000000000000000000000000000000000000000000000000000000000000001",
		"1220 0000000000000000000000000000000000000000000000000000000000000001",
		"ff",
	};

	for (size_t i = 0; i <= ARRAY_SIZE(keys); i++) {
		enum link_reason reason;
		struct foreign f;
		struct end e;

		start_against(&e, &f, false);
		if (i < ARRAY_SIZE(keys))
			f.public_key = HEX(keys[i]);
		else
			f.no_key = true;
		reason = judged(&e, &f, false);
		assert_true(reason == LINK_BAD_IDENTITY || reason == LINK_BAD_HANDSHAKE);
	}
}

TEST(a_first_message_with_a_payload_is_a_bad_handshake)
{
	struct foreign f;
	struct end e;

	start_against(&e, &f, false);
	assert_int_equal(foreign_tell(&e, BYTES_LITERAL(PROPOSE_NOISE)), 0);
	assert_int_equal(foreign_send_noise(&f, &e, BYTES_LITERAL("x")), 1);
	assert_int_equal(link_reason(e.l), LINK_BAD_HANDSHAKE);
	stop_against(&e, &f);
}

TEST(an_empty_or_malformed_payload_is_refused)
{
	static const char *const payloads[] = { "", "ff", "0a05 0801" };

	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		struct foreign f;
		struct end e;

		start_against(&e, &f, false);
		assert_int_equal(foreign_tell(&e, BYTES_LITERAL(PROPOSE_NOISE)), 0);
		foreign_expect(&f, &e, PROPOSE_NOISE);
		assert_int_equal(foreign_send_noise(&f, &e, BYTES(NULL, 0)), 0);
		foreign_read_noise(&f, &e);
		assert_int_equal(foreign_send_noise(&f, &e, HEX(payloads[i])), 1);
		assert_true(link_reason(e.l) == LINK_BAD_HANDSHAKE ||
			    link_reason(e.l) == LINK_BAD_IDENTITY);
		stop_against(&e, &f);
	}
}

TEST(a_low_order_key_ends_the_handshake)
{
	struct foreign f;
	struct end e;
	uint8_t message[34] = { 0, 32 };

	start_against(&e, &f, false);
	assert_int_equal(foreign_tell(&e, BYTES_LITERAL(PROPOSE_NOISE)), 0);
	assert_int_equal(foreign_tell(&e, BYTES(message, sizeof(message))), 1);
	assert_int_equal(link_reason(e.l), LINK_BAD_HANDSHAKE);
	stop_against(&e, &f);
}

TESTS(RUN(two_ends_meet_and_know_each_other), RUN(peerlines_tell_each_other_what_they_are),
      RUN(they_meet_however_the_bytes_are_split),
      RUN(the_dialer_is_up_after_one_round_trip_and_the_muxer_costs_none),
      RUN(another_peer_than_the_one_dialled_is_refused_before_it_learns_who_dials),
      RUN(we_notice_that_we_reached_ourselves),
      RUN(a_handshake_has_five_seconds_and_progress_gives_no_more),
      RUN(a_handshake_cut_at_any_byte_gives_no_link_and_ends_in_order),
      RUN(any_flipped_byte_of_the_handshake_gives_no_link),
      RUN(a_recorded_dialer_replayed_gets_no_session),
      RUN(foreign_first_bytes_are_named_for_what_they_are),
      RUN(who_goes_after_our_na_had_nothing_else_to_propose),
      RUN(a_dialer_that_is_refused_noise_has_no_common_protocol),
      RUN(a_foreign_dialer_that_names_its_muxers_needs_no_second_negotiation),
      RUN(a_foreign_dialer_without_early_muxers_negotiates_by_multistream),
      RUN(a_lazy_foreign_dialer_may_send_its_first_frames_with_the_muxer_proposal),
      RUN(we_negotiate_the_muxer_with_a_foreign_listener_that_names_none),
      RUN(a_peer_without_our_muxer_has_no_common_protocol),
      RUN(nonsense_in_place_of_the_muxer_is_a_bad_handshake),
      RUN(a_signature_that_does_not_verify_is_a_bad_identity),
      RUN(a_signature_for_another_static_key_is_a_bad_identity),
      RUN(a_payload_without_a_key_or_with_an_impossible_one_is_refused),
      RUN(a_first_message_with_a_payload_is_a_bad_handshake),
      RUN(an_empty_or_malformed_payload_is_refused), RUN(a_low_order_key_ends_the_handshake))
