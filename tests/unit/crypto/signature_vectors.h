#ifndef PL_TESTS_UNIT_CRYPTO_SIGNATURE_VECTORS_H
#define PL_TESTS_UNIT_CRYPTO_SIGNATURE_VECTORS_H

/*
 * Keys as they stand in the Data field of libp2p's PublicKey, and their signatures of SIGNED_TEXT.
 * RSA of 2048 bits, secp256k1 and P-256 are go-libp2p's published fixtures; the others were made
 * with OpenSSL.
 */

#define SIGNED_TEXT "Libp2p is the _best_!"

#define SECP256K1_KEY "023540ad842af8a43551a94d8383a555a99226506b88f953d2e70316a3a1b3d6a2"
#define SECP256K1_SIGNATURE                                                                        \
	"3044022031a7d633c2f3e45a16128d43751afaa8dc9ba24092c5f5b3cad2c8fe4cf388f20220"             \
	"49ea8d219f458683d24775d543ea8fb290704347fb35493c403bc2c259b29d9e"

#define P256_KEY                                                                                   \
	"3059301306072a8648ce3d020106082a8648ce3d03010703420004e29a8674f3614e0ccb7240"             \
	"6bfe2137e9f8c5f7d62d137f0a2edd233e35374777fd1f9aed4d2cfa7371caafc6ef02db83b8"             \
	"1f77cfe1bcd8c715acf0b9a2778ea9"
#define P256_SIGNATURE                                                                             \
	"3046022100846a6685b9e72b560cb2fc4a75f9cbc38a90aaeaa7f3f25ee719832db7b93a6502"             \
	"2100cd992bb7bd2bcc28c7db04987d10adc490fe348270954f7696cb0dffff0dfc3d"

#define RSA2048_KEY                                                                                \
	"30820122300d06092a864886f70d01010105000382010f003082010a0282010100f2b75b418c"             \
	"28ed7aabfe17e90dfb93c13f2ec6381d072f862fb75808b96d227eef2083d31f4a78069f85ad"             \
	"6a8c73896ea385a386430d1cc09a90a230f00911515c5538c4b62d897fc665df1150456aec75"             \
	"cdb2310c88f2079c82f56a79375c79e4f840f0eb15213f1972d6a248d684453ce5d3e3ec091f"             \
	"38c2f95c3ab5a1dfb603a9f955ebd9a75814ec5b725bb8882b047dbbae000ad88a5236596ad8"             \
	"00c4ccfae3c74d69f8c665741d47972213dd4fdc83d39bab7ccce49f65e2dee7c76cd79c3500"             \
	"aafe7207ad41d843d89ac11e6653b872dfb2c5d790ec4eb6d954aa6e14a55463659edf0a2513"             \
	"c0aad9b8349f259a9b605b3d71dec43b69ee6be851a7530203010001"
#define RSA2048_SIGNATURE                                                                          \
	"6e111325f710ad394633cfd37e467e18c5137fb63d182c9b8ea34386727c833160dc010dee12"             \
	"6ee2baf33515ff598730fbc3d3816ec5dbc626f8b17208432620f7915fbe1b6e5ace206d3fb9"             \
	"8c3f93dab0e8c19f0c1592ed2c8a354bccd3c0d6de54747dc5e4fc234b87f7f4e0a63c7b6512"             \
	"ca3ca6a5a588e8639ee1820f2150fdb4bb00215e50b3227f4d1d21be8ea1e8c80eb3192749ad"             \
	"8cd5dc9bd2b3184015a06b8d6ffb6e0726aaa4aa7d3e7102c69a07f7340332bad47fdcfee22b"             \
	"a25c28233344436aba3e92c0276dcce8f2e56c44b66857591ce815d87db6e87b2b74b94812a9"             \
	"5e85b6eeab706434d8b0687fa717594cd6a5a82024a15d1a0aedebfe"

#define SECP256K1_HIGH_S_SIGNATURE                                                                 \
	"3045022031a7d633c2f3e45a16128d43751afaa8dc9ba24092c5f5b3cad2c8fe4cf388f20221"             \
	"00b61572de60ba797c2db88a2abc15704c2a3e999eb41356ff7f969bca7683a3a3"

#define P224_KEY                                                                                   \
	"304e301006072a8648ce3d020106052b81040021033a0004c16cb084737754a952d8abfa27fe"             \
	"01a3d049a678391b1f6e1adda516171d20939177a6d641cb38cec586eb89a27beffff38be94c"             \
	"fe87f9c8"
#define P224_SIGNATURE                                                                             \
	"303e021d00b6d19296a073f624b0515804d67d1f8f744739adbaf492da1d9d19b0021d008539"             \
	"28c0e3a1c4f8eebf2e151d3b2c2b878f7f4a340b71765b6345bf"

#define P384_KEY                                                                                   \
	"3076301006072a8648ce3d020106052b8104002203620004a5e358584446910ff1247fbcd21d"             \
	"2335126472005571094e79e0bb59a2dadc1d3f74be0f93da7bd3b2fb390a63c2a8383b38de26"             \
	"52b5f8a90d5ff1194b943aee4782be30226a9f44cf46356fa16275cc0b3eb2ad2fb7913a412a"             \
	"304338f45770"
#define P384_SIGNATURE                                                                             \
	"306502305dd57006ca4707a83eceae164bb074bf5664dfbe47a279a05c069ecdb4626439952b"             \
	"b13cb1d24560881dc7410781d7d1023100cb01ee8bf73e0e536e2dd2718f18bc7248c95db5f8"             \
	"052ef8c2553a02973bb3a466299c2351ab14b47e247380e6b39300"

#define P521_KEY                                                                                   \
	"30819b301006072a8648ce3d020106052b8104002303818600040089154d3d00babbaf31a190"             \
	"80ebcdfcc1d52d960e62b96d9d2c497ccff656a8cf75d671eaa5090d8ad84b22bdb636d1875c"             \
	"7ba9c4ec9f35ee958bb4caee92097ae3010ac025bdf8ad38b4920309a8b8aa81bdfdda070f87"             \
	"8a65e4a3a927784fbc1c9c9db05ba1e7c412309fc413e8567a8fbfa6e7298d9d231312bf61be"             \
	"147d0c3ac455"
#define P521_SIGNATURE                                                                             \
	"308187024200ced1a497104759ac91ff46ab71188a877466e730395fc016b02dd7e400c505eb"             \
	"b1d6027ce7cceb0970b35fcd8a924644c18e43edaba157f16d8bb743969a46e0e90241232486"             \
	"dead50a03bcc5e2134d486d9c4ec91bff3ba7e90d75cfe3a5270cb5e927df2f7d5989dda5585"             \
	"1c7129975a9ea9d98b3f0ef854c44881a9537362a0f84f00"

#define RSA1024_KEY                                                                                \
	"30819f300d06092a864886f70d010101050003818d0030818902818100cad30a1e5acdfabb96"             \
	"02aced11dc70134caa6e976b9123c20fa1efbb3c87b5be05b5765dd2c479efc61771d0665b0e"             \
	"df15b5bb89b9b8fd4a09deb4037f89cc5e489ed4184f53d30cae8a717a56399eaea67bdaf03e"             \
	"3a8139dde6e53efa81078f7727db24a61274d2304981cddc2d8c6fdc580f8cfe49063ae498ad"             \
	"552282632f0203010001"
#define RSA1024_SIGNATURE                                                                          \
	"7bb846120ccaf151e1041cfffa493c0b39b93b848a5a84918addf93e07aeae69e9e7225a15a3"             \
	"59ab5d381b6d17cb08ed57193ddac0f0d89c90c4ecb9be3ef4a9627ce2b19da3bdc7a245e096"             \
	"29ac6790c0491073f79f6848b355df9e9a49ed71f2854cf685971befd7b1734f542925bd4dae"             \
	"3d7f96a7a9163f88d5121324d382"

#define RSA8192_KEY                                                                                \
	"30820422300d06092a864886f70d01010105000382040f003082040a0282040100cf29ddb917"             \
	"cfa08920f30081de7f653c2573f74274d60039d4a2d37550d36edfeb625291781c3378aaa7fe"             \
	"162035ba182214f8dd67cc14f96e9f4fd4f9bf49fc2343006acaaea967be46d3fcb4c1019cf2"             \
	"01e3b8230c5b41a0c873135a79ab94a4363e3be65c58402649f5ff09d1f51ef936b211053862"             \
	"d257827992bb02aabafa7c3ddc110f380d077515c6a728a377b51d859f6c62c5853f64e67607"             \
	"02ea66a26430a1cff5fa64e1291dd2ea42c8d8a469eb24b95b38537e3573e59dd64805006cbf"             \
	"4b5c6d3afe31a93263e20632bcbf08379a16aa5c329c7935611774bf1bacea435f96c36f5c13"             \
	"5fb188588601faad2de7deaf5182b33c564d4d40834bef147e6900c4ae26f7cbb4c52430cdf1"             \
	"18193abccfa836d49167e6d732abd67d241cc87842c40200400a30e1e92e70bbbf49dccdd309"             \
	"1669b27d2860cd351526a86da914c87268a6b5faf4c11eb4e9d382bbfd6179245cebf24059e4"             \
	"6e0f5a495399629e9b67d117f3cd4324deef26a156b3408b7bc07dd3e3d041ca28c8531eefb9"             \
	"a934836f7c653fba54a6cb14b41f07dbc5e593359338a090e00c032938ce6a2c1cd2c5497520"             \
	"956a1d3907016635798d08ab7182f366706f91bef81a8ddb65a3d3c86856eb1e5abb2c1a152e"             \
	"562953858cdb3ba9ac7dda1348fdfe144661175e9b0b33233ceafecdcf98dcfdb5d62c4bc1b4"             \
	"2ff2f059ddcca37ac7f0e8792f106512c430b802a0b55d6ac1f2f90f111c8e5b36e736f37f33"             \
	"92a79a6cdd7372acba5a22b9bfde2c23d21c9e6456d0a4b8802900f0ac1e08625dc7732b662d"             \
	"6c366318ac5bcd60cec5439ce11c2f7ea27c8fdc9f9665a484de9ba4eceb80dc2d1c7ad11536"             \
	"2618cb5a6ebad699ca824380129540f7f6601b486a35727975a362b7f243f6926d3dff2a390a"             \
	"04942545aa9022c4fb3856e938ca60f638610cfa7a3b69eb8524ea16fb1caadaa622fcadc069"             \
	"5b0f69f7fd4f9f82094a9b17a98b683d1ff5dec5a8b761b5d0f837277699fa5ba089e1100b0c"             \
	"b95134bb65a0df508d4560d0ecc423a43c154a4c26d96885d13a6c0599b75da5f3fda2a53a8b"             \
	"a7589ef2092276ad4660c55422eb846e600fdfd08477e423af6e07b3cc67181706296898aec3"             \
	"a2cd9020e0d87d07c2ce2038600b4bb8a5736f1a82c8d1bbefb17ddb8f49844e08b2e1559db7"             \
	"ed253446df84f5beed9b65fec8bdc53bd4c467dfe565a091c281b98a964368575d2338ca970e"             \
	"bbc1000bcb23256a7bfd9b3ae52f33bebd828f2eab239a8e19131c012fc556145a1a8b1db443"             \
	"e6374b3237aeda3d482182c8680cf42c6681387d92f2fe84bc16ee600abbca9ac018371ffe37"             \
	"3608ffe7641d4ef5746ba3d80154caa843922ce879dd744f7c63d6283eb35ac7386b1ceb0fee"             \
	"a256e2602ade768de81413864ec74070c37f28dab58e315f731734dd9c75290203010001"
#define RSA8192_SIGNATURE                                                                          \
	"58e8480054663ce181922b0dfe7d547dff039fb0391120834d6eeecca5ad0b97bf934e966733"             \
	"90953eaff853c0cb35dd0654bc6dec08cf5c0c8786a0b060925461ecf1b7b9897786c163743d"             \
	"a88ccc4acaa69d8cbea0343994432858b905c86a5a3d05d3bc399825001500240a04cab7cf2f"             \
	"79483e5b3a9aab05ea3a1987e8ce27cf17ec82a1e32ec4119af1b06f876a6c5fc046ff21c159"             \
	"7caf122e0af8de0cd8370ffeb4f2a17d6a662bcf642e22c8c29914adc367c8db084affa39d17"             \
	"db77d8655ca7fcc5fd7872d5bb67c688ade3043d683e7b8c70463eee2b721bb63a7f470ebf0f"             \
	"79b745f9f6bc3972da4d27bbb31bc47ec326f400250f96483e907059a699a653f277f4148d71"             \
	"dc5bf806778d2ce35285719dd519ddf5775d30010accbdcc72598fecd9e8e1e0f6a687b1e77e"             \
	"51b4573da9a8c37489f436896faab67e33f34d26cdb0ace1ecf76a31842243067f2a4d10d836"             \
	"b333cea6789b157a41a0d5bfd56549aa8ffb55aa5e453a15b0d803056a0c4311304c44809064"             \
	"52f3fd0d44a94c13291fa1c413c3f1139e3f532d79696e389d5dcb9ef7fe718983d961401b14"             \
	"9232d6caa2b0768ea66c7080e5be92d016f195066955577e0f14ced3e93a5624d78f4eea41cb"             \
	"2a1d8c1062e0de5d36b1937f909e7a077c35481df736e4e42742c10c3d70001d957f7703758f"             \
	"382953d50e4913a510988db660cefc142396eb279667e3f0ce7376ee7462f6935b87efb940f8"             \
	"a975ce8d9e46b6621eade444af5ccd8d89dff9864e6c1fa722e2dd89767f703264d0a6eb7ee4"             \
	"531433ddd0d81e78766e059388b67aee06ebfe513f38f25a33c90384949a0a6ca05aee897a4a"             \
	"d94f8e2541c4f96cf643fbbe7b3eef7a654438a49f707db6e7add47b0d0f3b3308eb93bb59b3"             \
	"e6bd639e4a0b6abb3eb3fdd385616baffd27145ea123fe6fc72b164af69f2a2386e1de55e9d7"             \
	"376eb6665a5824dd8160bd31b6ecab8e602b5d569a2de6fc394a53b47582c9a7e03c8a7437e3"             \
	"81da62d0cfa5b76a534d3c5cc8365d413cda086d863821ec29a2d22b96687bad6e890c7ffc4f"             \
	"8076c78d0020fd502e06695776458c9c283d7679b66d20a5a5a8a993563967072fab39fac5e9"             \
	"88c8c63f9260c8b33a32b6ec9c7d51b7ea51355ff400e3298698b73bb7e27a3dbdb69bc57edc"             \
	"d191bbd949a9a3de833878a4e3bdc9747318858926bcd195b49415cfcc77e3d79ed585ae222b"             \
	"7c04abaf10851ec59d8aea6b534807f56f86f3be85e5537596bcd57ab87b84f8c0b0103a4527"             \
	"153c0b037cd0f14cd1d6007ef1928f6c3efc054b74c8f6d18fa57925e4f101b7e1c521bbf7e4"             \
	"c6035bc198c92a32d4caaf5021d2459a164f0ae366d7d424deede884d38a06fe1c989e789989"             \
	"e4a96592481282847fff5e38c6c23e1600f5bb3775dd0587804d6233d83355246d2c4378"

#endif
