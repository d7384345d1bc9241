// What only a bare socket can say to a NATS server, and what it hears: a table, for comparing servers byte by byte.
//
// Each row: `say` makes what is sent after the greeting out of a CONNECT with options; `closes` says that the server then
// ends the connection; `ours` is what peerline's door says where it differs on purpose, and `why`.

import { rawNats } from './raw_nats.mjs'

const USUAL = { verbose: false, pedantic: false, headers: true, no_responders: true, protocol: 1 }

// hello() is a CONNECT as stock clients send it; hello({ ... }) has other options, undefined leaves one out.
export const helloTo = server => (options = {}) => `CONNECT ${JSON.stringify({ ...USUAL, auth_token: server.token, ...options })}\r\n`

const rows = (group, table) => Object.entries(table).map(([name, row]) =>
  ({ name: `${group}: ${name}`, ...(typeof row === 'function' ? { say: row } : row) }))

const END = true // `closes`

const greeting = rows('CONNECT', {
  'and PING': hello => hello() + 'PING\r\n',
  'split at every byte': { say: hello => hello() + 'PING\r\n', bytewise: true },
  'with no option but the token is verbose': (hello, { token }) => `CONNECT {"auth_token":"${token}"}\r\nPING\r\n`,
  'with blanks as Python writes them': (hello, { token }) => `CONNECT {"auth_token": "${token}", "verbose": false, "pedantic": false}\r\nPING\r\n`,
  'with options nobody knows': hello => hello({ user: null, jwt: 'x', nkey: 'y', sig: 'z', tls_required: false, future: { a: [1] } }) + 'PING\r\n',
  'with user and pass beside the token': hello => hello({ user: 'me', pass: 'secret' }) + 'PING\r\n',
  'with null for what is not known': hello => hello({ name: null, lang: null, version: null, echo: null }) + 'SUB a 1\r\nPUB a 1\r\nx\r\n',
  'in small letters': (hello, { token }) => `connect {"auth_token":"${token}","verbose":false}\r\nPING\r\n`,
  'ended by a bare newline': hello => hello().replace('\r\n', '\n') + 'PING\r\n',
  'after a tab': (hello, { token }) => `CONNECT\t{"auth_token":"${token}","verbose":false}\r\nPING\r\n`,
  'again is accepted, and its options count': hello => hello() + hello({ verbose: true }) + 'SUB a 1\r\n',
  'again without echo': hello => hello() + 'SUB a 1\r\nPUB a 1\r\nx\r\n' + hello({ echo: false }) + 'PUB a 1\r\ny\r\n',
  'again with a wrong token': { say: hello => hello() + hello({ auth_token: 'wrong' }), closes: END },
  'with protocol 0': hello => hello({ protocol: 0 }) + 'PING\r\n',
  'without protocol': hello => hello({ protocol: undefined }) + 'PING\r\n',
  'with a protocol from the future': { say: hello => hello({ protocol: 7 }), closes: END },
  'with no_responders and no headers': { say: hello => hello({ headers: undefined }), closes: END },
  'with a wrong token': { say: hello => hello({ auth_token: 'wrong' }) + 'PING\r\n', closes: END },
  'with a token that is too long': { say: (hello, { token }) => hello({ auth_token: token + 'x' }), closes: END },
  'without a token': { say: hello => hello({ auth_token: undefined }), closes: END },
  'with an empty token': { say: hello => hello({ auth_token: '' }), closes: END },
  'with the token as a password': { say: (hello, { token }) => hello({ auth_token: undefined, user: token, pass: token }), closes: END },
  'that is not JSON': { say: () => 'CONNECT {"auth_token":\r\n', closes: END },
  'that is no object': { say: () => 'CONNECT [1]\r\n', closes: END },
  'that is a text': { say: () => 'CONNECT "x"\r\n', closes: END },
  'with a flag that is none': { say: hello => hello({ verbose: 'yes' }), closes: END },
  'with a name that is a number': { say: hello => hello({ name: 5 }), closes: END },
  'with a version that is a number': { say: hello => hello({ version: 5 }), closes: END },
  'with a protocol that is a text': { say: hello => hello({ protocol: '1' }), closes: END },
  'with a protocol that is no integer': { say: hello => hello({ protocol: 1.5 }), closes: END },
  'with nothing after it': { say: () => 'CONNECT\r\n', closes: END, ours: '-ERR \'Authorization Violation\'\r\n<closed>', why: 'nats-server closes without a word' },
  'again without a token': hello => hello() + hello({ auth_token: undefined, verbose: true }) + 'SUB a 1\r\n',
  'that is too long': { say: hello => hello({ lang: 'x'.repeat(5000) }), closes: END },
  'as long as may be': (hello, { token }) => {
    const start = `{"verbose":false,"auth_token":"${token}","lang":"`
    return `CONNECT ${start}${'x'.repeat(4096 - start.length - 3)}"}\r\nPING\r\n`
  }
})

const beforeConnect = rows('before CONNECT', Object.fromEntries(['PING', 'PONG', 'INFO {}', '+OK', '-ERR \'x\'', 'SUB a 1', 'UNSUB 1', 'PUB a 1\r\nx', 'HPUB a 0 1\r\nx', 'MSG a 1 1', 'HELLO there']
  .map(line => [line.split('\r')[0], { say: () => `${line}\r\n`, closes: END }])))

const lines = rows('lines', {
  'verbs in any case, tabs and blanks, a bare newline after a control line': hello => hello() + 'sub\ta   7\r\nPub a\t3\r\nabc\r\npInG\n',
  'trailing blanks as cnats and nats.go write them': hello => hello() + 'SUB a  1\r\nPUB a  2\r\nhi\r\nUNSUB 1 \r\nPUB a 2\r\nho\r\n',
  'blanks before the line end': hello => hello() + 'SUB a 1  \t \r\nPUB a 1 \t\r\nx\r\nPING  \r\n',
  'whatever follows PING and PONG': hello => hello() + 'PING hello there\r\nPONG and so on\r\n',
  'INFO and +OK of a client are ignored': hello => hello() + 'INFO {"a":1}\r\n+OK\r\n+ok\r\n',
  'sixty-four subscriptions in one write': hello => hello() + Array.from({ length: 64 }, (_, n) => `SUB s.${n} ${n}\r\n`).join('') + 'PUB s.63 1\r\nx\r\n',
  'everything byte by byte': { say: hello => hello() + 'SUB a.* q 1\r\nSUB in 2\r\nHPUB a.b in 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPUB no in 0\r\n\r\nUNSUB 1\r\nPUB a.b 1\r\nx\r\n', bytewise: true },
  'an error from the client': { say: hello => hello() + '-ERR \'I am done\'\r\n', closes: END },
  'an error from the client in small letters': { say: hello => hello() + '-err x\r\n', closes: END },
  'a leading blank': { say: hello => hello() + ' PING\r\n', closes: END },
  'an empty line': { say: hello => hello() + '\r\n', closes: END },
  'an unknown verb': { say: hello => hello() + 'HELLO there\r\n', closes: END },
  'a verb that goes on': {
    say: hello => hello() + 'PINGS\r\n',
    ours: '-ERR \'Unknown Protocol Operation\'\r\n<closed>',
    why: 'nats-server takes it for PING'
  },
  'a verb without a blank': { say: hello => hello() + 'SUBa 1\r\n', closes: END },
  'a server\'s MSG': { say: hello => hello() + 'MSG a 1 1\r\n', closes: END },
  'a server\'s HMSG': { say: hello => hello() + 'HMSG a 1 1 1\r\n', closes: END },
  'as long as may be': hello => hello() + `SUB ${'a'.repeat(1000)} ${'b'.repeat(1000)} 1\r\nPUB ${'a'.repeat(1000)} ${'c'.repeat(1000)} 1\r\nx\r\n`,
  '4096 bytes after the verb': hello => hello() + `SUB a 1${' '.repeat(4093)}\r\nPUB a 1\r\nx\r\n`,
  '4097 bytes after the verb': { say: hello => hello() + `SUB a 1${' '.repeat(4094)}\r\n`, closes: END },
  'a control line that does not end': { say: hello => hello() + `SUB ${'a'.repeat(5000)}`, closes: END },
  'a control line that is too long': { say: hello => hello() + `SUB ${'a'.repeat(5000)} 1\r\n`, closes: END },
  'a PUB line that is too long': { say: hello => hello() + `PUB ${'a'.repeat(5000)} 1\r\n`, closes: END }
})

const subscribing = rows('SUB', {
  'a sid is any token': hello => hello() + 'SUB a x-y_9\r\nSUB b grüß\'"{}\r\nPUB a 1\r\nz\r\nPUB b 1\r\nz\r\n',
  'a sid used twice keeps its first subscription': hello => hello() + 'SUB a 1\r\nSUB b 1\r\nPUB b 1\r\nb\r\nPUB a 1\r\na\r\n',
  'a sid used twice, the second time in a group': hello => hello() + 'SUB a 1\r\nSUB a q 1\r\nPUB a 1\r\na\r\n',
  'a sid that was given back may be used again': hello => hello() + 'SUB a 1\r\nUNSUB 1\r\nSUB b 1\r\nPUB a 1\r\na\r\nPUB b 1\r\nb\r\n',
  'two subscriptions of one connection get a copy each': { say: hello => hello() + 'SUB a 1\r\nSUB a 2\r\nPUB a 1\r\nx\r\n', anyOrder: true },
  'a queue name in wildcards': hello => hello() + 'SUB a *.> 1\r\nPUB a 1\r\nx\r\n',
  'one member of a group gets it': hello => hello() + 'SUB g q 1\r\nPUB g 1\r\nx\r\n',
  'every group gets it': { say: hello => hello() + 'SUB g q 1\r\nSUB g p 2\r\nSUB * p.q 3\r\nSUB g 4\r\nPUB g 1\r\nx\r\n', anyOrder: true },
  'wildcards are whole tokens only': hello => hello() + ['foo*', '*foo', 'f*o', 'foo.b*r', '>a', 'a>', 'a.>b', '**', '>>'].map((pattern, n) => `SUB ${pattern} ${n}\r\n`).join('') +
    ['foo', 'foo*', 'foox', '*foo', 'xfoo', 'f*o', 'foo.bar', 'foo.b*r', '>a', 'xa', 'a>', 'a.b', 'a.>b', '**', 'xy', '>>'].map(subject => `PUB ${subject} 0\r\n\r\n`).join(''),
  'the last token takes one or many': hello => hello() + 'SUB foo.> 1\r\nPUB foo 0\r\n\r\nPUB foo.a 0\r\n\r\nPUB foo.a.b 0\r\n\r\n',
  'a star takes one': hello => hello() + 'SUB foo.* 1\r\nPUB foo 0\r\n\r\nPUB foo.a 0\r\n\r\nPUB foo.a.b 0\r\n\r\n',
  'letters count': hello => hello() + 'SUB Foo 1\r\nPUB foo 0\r\n\r\nPUB Foo 0\r\n\r\n',
  'any other byte is allowed': hello => hello() + 'SUB a/b$c\0d\x01\xff.\xc3\xbc 1\r\nPUB a/b$c\0d\x01\xff.\xc3\xbc 0\r\n\r\n',
  'with one field': { say: hello => hello() + 'SUB a\r\n', closes: END },
  'with four fields': { say: hello => hello() + 'SUB a b c d\r\n', closes: END },
  'with nothing': { say: hello => hello() + 'SUB \r\n', closes: END }
})

const TOO_LONG = 'subject, sid and reply share a line that clients read into 4,096 bytes'
const tooLong = (say, what, tail = ': longer than 1024 bytes or of more than 32 tokens') =>
  ({ say, ours: `-ERR 'Permissions Violation for ${what}${tail}'\r\nPONG\r\n`, why: TOO_LONG })

const long = rows('long', {
  'a subject of 1024 bytes': hello => hello() + `SUB ${'a'.repeat(1024)} 1\r\nPUB ${'a'.repeat(1024)} 1\r\nx\r\n`,
  'a subject of 1024 bytes is passed to who wants all': hello => hello() + `SUB > 1\r\nPUB ${'a'.repeat(1024)} 1\r\nx\r\n`,
  'a subject of 32 tokens': hello => hello() + `SUB ${'a.'.repeat(31)}a 1\r\nPUB ${'a.'.repeat(31)}a 1\r\nx\r\n`,
  'a reply of 1024 bytes': hello => hello() + `SUB a 1\r\nPUB a ${'r'.repeat(1024)} 1\r\nx\r\n`,
  'a sid of 1024 bytes': hello => hello() + `SUB a ${'1'.repeat(1024)}\r\nPUB a 1\r\nx\r\n`,
  'a queue of 1024 bytes': hello => hello() + `SUB a ${'q'.repeat(1024)} 1\r\nPUB a 1\r\nx\r\n`,
  'a subject of 1025 bytes to subscribe to': tooLong(hello => hello() + `SUB ${'a'.repeat(1025)} 1\r\n`, `Subscription to "${'a'.repeat(1024)}"`),
  'a subject of 33 tokens to subscribe to': tooLong(hello => hello() + `SUB ${'a.'.repeat(32)}a 1\r\n`, `Subscription to "${'a.'.repeat(32)}a"`),
  'a queue of 1025 bytes': tooLong(hello => hello() + `SUB a ${'q'.repeat(1025)} 1\r\nPUB a 1\r\nx\r\n`, `Subscription to "a" using queue "${'q'.repeat(1024)}"`),
  'a subject of 1025 bytes to publish to': tooLong(hello => hello() + `SUB > 1\r\nPUB ${'a'.repeat(1025)} 1\r\nx\r\n`, `Publish to "${'a'.repeat(1024)}"`),
  'a subject of 33 tokens to publish to': tooLong(hello => hello() + `SUB > 1\r\nPUB ${'a.'.repeat(32)}a 1\r\nx\r\n`, `Publish to "${'a.'.repeat(32)}a"`),
  'a reply of 1025 bytes': tooLong(hello => hello() + `SUB a 1\r\nPUB a ${'r'.repeat(1025)} 1\r\nx\r\n`, `Publish with Reply of "${'r'.repeat(1024)}"`, ''),
  'a sid of 1025 bytes': { say: hello => hello() + `SUB a ${'1'.repeat(1025)}\r\n`, ours: '<closed>', why: TOO_LONG }
})

const invalid = subject => ({
  say: hello => hello() + `SUB ${subject} 1\r\nPUB a 0\r\n\r\n`,
  ours: `-ERR 'Permissions Violation for Subscription to "${subject}": not a valid subject'\r\nPONG\r\n`,
  why: 'Invalid Subject closes the connections of cnats, nats.go and nats-py for ever'
})

const invalidSubjects = rows('a subject that is none', Object.fromEntries(['a..b', '.a', 'a.', '.', '..', 'a.>.b', '>.a'].map(subject => [subject, invalid(subject)])))

const unsubscribing = rows('UNSUB', {
  'ends it': hello => hello() + 'SUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nPUB a 1\r\ny\r\n',
  'of an unknown sid': hello => hello() + 'UNSUB 9\r\nUNSUB 9 5\r\n',
  'max counts from the start': hello => hello() + 'SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1 2\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n',
  'max already reached ends at once': hello => hello() + 'SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 2\r\nPUB a 1\r\n3\r\n',
  'a later max replaces it': hello => hello() + 'SUB a 1\r\nUNSUB 1 1\r\nUNSUB 1 3\r\n' + 'PUB a 1\r\nx\r\n'.repeat(5),
  'max 0 ends at once': hello => hello() + 'SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\nx\r\n',
  'max that is no number ends at once': hello => hello() + 'SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\nx\r\n',
  'max below 0 ends at once': hello => hello() + 'SUB a 1\r\nUNSUB 1 -1\r\nPUB a 1\r\nx\r\n',
  'the sid may be used again after max': hello => hello() + 'SUB a 1\r\nUNSUB 1 1\r\nPUB a 1\r\nx\r\nSUB b 1\r\nPUB b 1\r\ny\r\n',
  'max counts the messages of a group': hello => hello() + 'SUB a q 1\r\nUNSUB 1 2\r\n' + 'PUB a 1\r\nx\r\n'.repeat(4),
  'with nothing': { say: hello => hello() + 'UNSUB \r\n', closes: END },
  'with three fields': { say: hello => hello() + 'UNSUB 1 2 3\r\n', closes: END }
})

const publishing = rows('PUB', {
  'an empty payload': hello => hello() + 'SUB a 1\r\nPUB a 0\r\n\r\n',
  'a payload with line ends in it': hello => hello() + 'SUB a 1\r\nPUB a 13\r\nx\r\nSUB b\r\ny\r\n\r\n',
  'a reply subject is passed on': hello => hello() + 'SUB a 1\r\nPUB a to.me 2\r\nhi\r\n',
  'leading zeros of a size': { say: hello => hello() + 'SUB a 1\r\nPUB a 0002\r\nhi\r\n', ours: 'MSG a 1 2\r\nhi\r\nPONG\r\n', why: 'nats-server repeats the digits as they came' },
  'to a wildcard reaches its literal only': hello => hello() + 'SUB foo.* 1\r\nSUB foo.bar 2\r\nPUB foo.* 1\r\nx\r\n',
  'to what is no subject reaches nobody': hello => hello() + 'SUB > 1\r\nSUB a.> 2\r\nSUB a.* 3\r\nPUB a..b 1\r\nx\r\nPUB .a 1\r\nx\r\nPUB a. 1\r\nx\r\n',
  'a reply that is no subject is passed on': hello => hello() + 'SUB a 1\r\nPUB a b..c 1\r\nx\r\nPUB a b.* 1\r\nx\r\n',
  'a reserved reply $JS.ACK. is refused': hello => hello() + 'SUB a 1\r\nPUB a $JS.ACK.x 1\r\nx\r\nPUB a 1\r\ny\r\n',
  'a reserved reply _R_ is refused': hello => hello() + 'SUB a 1\r\nPUB a _R_.x 1\r\nx\r\nPUB a 1\r\ny\r\n',
  'without echo it does not come back': hello => hello({ echo: false }) + 'SUB a 1\r\nSUB a q 2\r\nPUB a 1\r\nx\r\n',
  'with one field': { say: hello => hello() + 'PUB a\r\n', closes: END },
  'with four fields': { say: hello => hello() + 'PUB a b c 1\r\n', closes: END },
  'with nothing': { say: hello => hello() + 'PUB \r\n', closes: END },
  'a size that is no number': { say: hello => hello() + 'PUB a x\r\n', closes: END },
  'a size below 0': { say: hello => hello() + 'PUB a -1\r\n', closes: END },
  'a size with a sign': { say: hello => hello() + 'PUB a +1\r\n', closes: END },
  'a size of twenty digits': { say: hello => hello() + 'PUB a 18446744073709551617\r\n', closes: END },
  'a payload longer than max_payload': { say: (hello, { most }) => hello() + `PUB a ${most + 1}\r\n`, closes: END },
  'a payload that does not end where it should': { say: hello => hello() + 'PUB a 2\r\nhi!\r\n', closes: END },
  'a payload that ends in a bare newline': { say: hello => hello() + 'PUB a 2\r\nhi\n', closes: END }
})

const headers = rows('HPUB', {
  'a header block is passed on unread': hello => hello() + 'SUB a 1\r\nHPUB a 26 28\r\nNATS/1.0\r\nK: v\r\nk:  w \r\n\r\nhi\r\n',
  'with a reply': hello => hello() + 'SUB a 1\r\nHPUB a r.s 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
  'no header block is delivered as MSG': hello => hello() + 'SUB a 1\r\nHPUB a 0 2\r\nhi\r\n',
  'no header block, with a reply': hello => hello() + 'SUB a 1\r\nHPUB a r 0 2\r\nhi\r\n',
  'nothing at all': hello => hello() + 'SUB a 1\r\nHPUB a 0 0\r\n\r\n',
  'only a header block': hello => hello() + 'SUB a 1\r\nHPUB a 12 12\r\nNATS/1.0\r\n\r\n\r\n',
  'a block that is none is passed on': hello => hello() + 'SUB a 1\r\nHPUB a 5 7\r\nhello!!\r\n',
  'a status of a client is passed on': hello => hello() + 'SUB a 1\r\nHPUB a 16 16\r\nNATS/1.0 503\r\n\r\n\r\n',
  'longer than the message': { say: hello => hello() + 'HPUB a 20 10\r\n', closes: END },
  'with one size': { say: hello => hello() + 'HPUB a 5\r\n', closes: END },
  'with five fields': { say: hello => hello() + 'HPUB a b c 1 1\r\n', closes: END },
  'a header size that is no number': { say: hello => hello() + 'HPUB a x 1\r\n', closes: END },
  'a total that is no number': { say: hello => hello() + 'HPUB a 1 x\r\n', closes: END },
  'of a client that said it has none': { say: hello => hello({ headers: false, no_responders: false }) + 'HPUB a 0 2\r\nhi\r\n', closes: END },
  'longer than max_payload': { say: (hello, { most }) => hello() + `HPUB a 12 ${most + 1}\r\n`, closes: END },
  'that does not end where it should': { say: hello => hello() + 'HPUB a 12 13\r\nNATS/1.0\r\n\r\nxy\r\n', closes: END }
})

const nobody = rows('nobody answers', {
  'exactly one status message': hello => hello() + 'SUB in.* 9\r\nPUB nobody in.1 2\r\nhi\r\n',
  'before the PONG that follows': hello => hello() + 'SUB in.* 9\r\nPUB nobody in.1 2\r\nhi\r\nPING\r\nPUB nobody in.2 0\r\n\r\n',
  'on one of two matching subscriptions': { say: hello => hello() + 'SUB in.* 9\r\nSUB in.1 9x\r\nPUB nobody in.1 2\r\nhi\r\n', mask: /9x?(?= 16)/ },
  'of a message with headers': hello => hello() + 'SUB in.* 9\r\nHPUB nobody in.1 12 12\r\nNATS/1.0\r\n\r\n\r\n',
  'not without a subscription for the reply': hello => hello() + 'PUB nobody in.1 2\r\nhi\r\n',
  'not on a subscription in a group': hello => hello() + 'SUB in.* q 9\r\nPUB nobody in.1 2\r\nhi\r\n',
  'not to a client that does not ask': hello => hello({ no_responders: false }) + 'SUB in.* 9\r\nPUB nobody in.1 2\r\nhi\r\n',
  'its own subscription without echo is nobody': hello => hello({ echo: false }) + 'SUB in.* 9\r\nSUB svc 1\r\nPUB svc in.1 2\r\nhi\r\n',
  'its own subscription with echo is somebody': hello => hello() + 'SUB in.* 9\r\nSUB svc 1\r\nPUB svc in.1 2\r\nhi\r\n',
  'the status counts towards no maximum': hello => hello() + 'SUB in.* 9\r\nUNSUB 9 1\r\nPUB nobody in.1 0\r\n\r\nPUB in.1 1\r\nx\r\nPUB in.1 1\r\ny\r\n',
  'on a subject that is none': hello => hello() + 'SUB in.* 9\r\nPUB a..b in.1 0\r\n\r\n'
})

const confirming = rows('verbose', {
  'confirms each line': hello => hello({ verbose: true }) + 'SUB a 1\r\nPUB a 2\r\nhi\r\nUNSUB 1\r\nPING\r\nPONG\r\nINFO {}\r\n+OK\r\n',
  'confirms HPUB': hello => hello({ verbose: true }) + 'HPUB a 0 2\r\nhi\r\n',
  'confirms what does nothing': hello => hello({ verbose: true }) + 'SUB a 1\r\nSUB b 1\r\nUNSUB 7\r\nUNSUB 1 5\r\n',
  'confirms a request that nobody answers': hello => hello({ verbose: true }) + 'SUB in 1\r\nPUB nobody in 1\r\nx\r\n',
  'confirms a PUB whose reply is refused': hello => hello({ verbose: true }) + 'PUB a _R_.x 1\r\nx\r\n',
  'confirms a SUB before its refusal': {
    say: hello => hello({ verbose: true }) + 'SUB a..b 1\r\n',
    ours: '+OK\r\n-ERR \'Permissions Violation for Subscription to "a..b": not a valid subject\'\r\nPONG\r\n',
    why: 'Invalid Subject closes the connections of cnats, nats.go and nats-py for ever'
  }
})

const strict = rows('pedantic', {
  'says what is no subject to publish to, and routes it': hello => hello({ pedantic: true }) + 'SUB foo.* 1\r\nPUB foo.* 1\r\nx\r\nPUB foo.a 1\r\ny\r\n',
  'an empty token': hello => hello({ pedantic: true }) + 'SUB > 1\r\nPUB a..b 1\r\nx\r\n',
  'verbose as well': hello => hello({ pedantic: true, verbose: true }) + 'SUB foo.* 1\r\nPUB foo.* 1\r\nx\r\n'
})

export const conversations = [
  ...greeting, ...beforeConnect, ...lines, ...subscribing, ...long, ...invalidSubjects, ...unsubscribing, ...publishing, ...headers,
  ...nobody, ...confirming, ...strict
]

// What the server answers to one row, without its greeting.
export async function converse (server, row) {
  const raw = await rawNats(server.port)
  const { max_payload: most } = await raw.info()
  const bytes = row.say(helloTo(server), { token: server.token, most })
  if (row.bytewise) for (const byte of bytes) raw.send(byte)
  else raw.send(bytes)
  if (row.closes) await raw.end()
  else await raw.settle(bytes.match(/^ping\b/gim)?.length).catch(error => { if (!raw.closed) throw error })
  const heard = raw.transcript()
  raw.socket.destroy()
  return normal(row, heard)
}

function normal (row, heard) {
  if (row.mask) return heard.replace(row.mask, '?')
  return row.anyOrder ? heard.split('\r\n').sort().join('\n') : heard
}
