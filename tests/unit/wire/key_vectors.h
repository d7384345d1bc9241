#ifndef PL_TESTS_UNIT_WIRE_KEY_VECTORS_H
#define PL_TESTS_UNIT_WIRE_KEY_VECTORS_H

/*
 * The keys published with the peer-ids specification, their SHA-256 where the peer id is made of
 * it, and the peer ids in every text form.
 */

#define ED25519_PUBLIC_KEY                                                                         \
	"080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"

#define SECP256K1_PUBLIC_KEY                                                                       \
	"08021221037777e994e452c21604f91de093ce415f5432f701dd8cd1a7a6fea0e630bfca99"

#define ECDSA_PUBLIC_KEY                                                                           \
	"0803125b3059301306072a8648ce3d020106082a8648ce3d03010703420004de3d300fa36ae0"             \
	"e8f5d530899d83abab44abf3161f162a4bc901d8e6ecda020e8b6d5f8da30525e71d6851510c"             \
	"098e5c47c646a597fb4dcec034e9f77c409e62"

#define RSA_PUBLIC_KEY                                                                             \
	"080012a60430820222300d06092a864886f70d01010105000382020f003082020a0282020100"             \
	"e1beab071d08200bde24eef00d049449b07770ff9910257b2d7d5dda242ce8f0e2f12e1af4b3"             \
	"2d9efd2c090f66b0f29986dbb645dae9880089704a94e5066d594162ae6ee8892e6ec70701db"             \
	"0a6c445c04778eb3de1293aa1a23c3825b85c6620a2bc3f82f9b0c309bc0ab3aeb1873282beb"             \
	"d3da03c33e76c21e9beb172fd44c9e43be32e2c99827033cf8d0f0c606f4579326c930eb4e85"             \
	"4395ad941256542c793902185153c474bed109d6ff5141ebf9cd256cf58893a37f83729f97e7"             \
	"cb435ec679d2e33901d27bb35aa0d7e20561da08885ef0abbf8e2fb48d6a5487047a9ecb1ad4"             \
	"1fa7ed84f6e3e8ecd5d98b3982d2a901b4454991766da295ab78822add5612a2df83bcee814c"             \
	"f50973e80d7ef38111b1bd87da2ae92438a2c8cbcc70b31ee319939a3b9c761dbc13b5c086d6"             \
	"b64bf7ae7dacc14622375d92a8ff9af7eb962162bbddebf90acb32adb5e4e4029f1c96019949"             \
	"ecfbfeffd7ac1e3fbcc6b6168c34be3d5a2e5999fcbb39bba7adbca78eab09b9bc39f7fa4b93"             \
	"411f4cc175e70c0a083e96bfaefb04a9580b4753c1738a6a760ae1afd851a1a4bdad231cf56e"             \
	"9284d832483df215a46c1c21bdf0c6cfe951c18f1ee4078c79c13d63edb6e14feaeffabc90ad"             \
	"317e4875fe648101b0864097e998f0ca3025ef9638cd2b0caecd3770ab54a1d9c6ca959b0f5d"             \
	"cbc90caeefc4135baca6fd475224269bbe1b0203010001"

#define ED25519_PRIVATE_KEY                                                                        \
	"080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d1ed1"             \
	"e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"

#define SECP256K1_PRIVATE_KEY                                                                      \
	"0802122053dadf1d5a164d6b4acdb15e24aa4c5b1d3461bdbd42abedb0a4404d56ced8fb"

#define ECDSA_SHA256 "68362c312e155f4f7290b67f5cd094a22a0a4fbf20efd8c287934419350d36f7"
#define RSA_SHA256 "b6c8a8c0a3105fc27afca4fb1173791f038e4343fd56b7c67b616dbc30a04ccd"

struct peer_id_vector {
	const char *key;
	const char *sha256; /* NULL: the key is its own id */
	const char *base58, *cid_base32, *cid_base36, *cid_base58;
};

static const struct peer_id_vector PEER_ID_VECTORS[] = {
	{ ED25519_PUBLIC_KEY, NULL, "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
	  "bafzaajaiaejcahwr5d5ofrfbis4l5d6uwr57hu5tjodrypfm6yaq6dsc2r2pzyt6",
	  "k51qzi5uqu5dgy8qsq67hbz73jqkw87l3fgf4a91qb0d9b5173tir7n4vxk1oe",
	  "z5AanNVJCxnGuh8TJu4nye3dE3NbxAd8FB9cr46uVagyFPuibMxok2R" },
	{ SECP256K1_PUBLIC_KEY, NULL, "16Uiu2HAmLhLvBoYaoZfaMUKuibM6ac163GwKY74c5kiSLg5KvLpY",
	  "bafzaajiiaijcca3xo7uzjzcsyilaj6i54cj44qk7kqzpoao5rti2pjx6udtdbp6kte",
	  "kzwfwjn5ji4put13uvtwtc7azzwk42cq2o8ctfnxa6q8n90e72o3pjqbrp3lpcp",
	  "zKPJ7QRXxW7mVC8S7Hqn6dy4Hwhu8ik2crFP9Lxo2guGvzV9Ld5L5mxc" },
	{ ECDSA_PUBLIC_KEY, ECDSA_SHA256, "QmVMT29id3TUASyfZZ6k9hmNyc2nYabCo4uMSpDw4zrgDk",
	  "bafzbeidigywdclqvl5hxfefwp5onbffcfife7pza57mmfb4tiqmtkdjw64",
	  "k2k4r8m0iploq6r25jp915xawtnx0qdr0je62jws2kki6votbj5191x3",
	  "zdvgq8RnCMNDyFBr66f4LpAYvtutQLbXAPDmeYFQDYK5QzDsU" },
	{ RSA_PUBLIC_KEY, RSA_SHA256, "QmaeANgBs1DTSxWSrPPtobgQuxW8XTfsS4ydbK4rCHzqxG",
	  "bafzbeifwzcumbiyql7bhv7fe7mixg6i7aohegq75k234m63bnw6dbicmzu",
	  "k2k4r8nz0pc9sm08wgacijx1ic8vxy9e2770otjszhz1nodfs0brtvpp",
	  "zdvgqDiVYsqTw1B8bdSMB7KCpowpkowW3TtQecXYiPECi8Pbz" },
};

#endif
