/* What a protocol module is to Funnel: the only header that a module sees.
 *
 * Funnel carries each connection of a service as messages, and each message states inside the seal
 * what must be delivered before it. Without a module a connection is one chain of bytes: what a
 * lost packet carried holds up all that came behind it. A module knows where the messages of a
 * protocol begin, and which of them depend on each other. So it does two things and nothing else:
 *
 *   framing          how long is the message that begins here
 *   classification   which earlier messages must be delivered before it
 *
 * Transport, order, credit and output are Funnel's. A module does no I/O, reads no clock, starts no
 * thread, has no writable global state, and needs no memory but that of its objects. It runs in the
 * process that holds the service's keys and payload, so whoever installs one trusts it as far.
 *
 * A module is a shared object NAME.so in $libdir/funnel/modules that exports one constant object:
 *
 *   const struct funnel_module funnel_module = { ... };
 *
 * Plain C, so that modules need no C++ and no part of Funnel to be built. No function may let a C++
 * exception out or call longjmp. One process calls from one thread only.
 */
#ifndef FUNNEL_MODULE_H
#define FUNNEL_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of this header. A module of another one is not loaded. It rises with every change of a struct or
 * of what a field means. */
#define FUNNEL_MODULE_ABI 1

/* Both ends of a connection. */
enum funnel_end {
  FUNNEL_CLIENT = 0, /* the application that opened the connection */
  FUNNEL_SERVER = 1  /* the backend that accepted it */
};

/* --- connections: what a module says about bytes --- */

/* The most bytes of a message's beginning that a module may ask for. */
#define FUNNEL_HEAD_MAX 32768

/* What begins at the first of the bytes that were shown. */
enum funnel_kind {
  /* Too few to tell. Funnel calls again with the same bytes and more behind them. With
   * head_max bytes it is taken for FUNNEL_MISMATCH. */
  FUNNEL_NEED_MORE = 0,
  /* A message, or with `more` a part of one. */
  FUNNEL_MESSAGE = 1,
  /* From here on this end sends bytes that the module does not read: after StartTLS, a SASL layer,
   * compression. They stay in order, behind all that came before. The module sees no more of this
   * direction; the other one goes on until it is a stream itself. */
  FUNNEL_STREAM = 2,
  /* Not this protocol, or broken. Both directions of this connection stay in order from here on, or
   * the connection is reset if the service has module-strict = yes. The module is not called again
   * for this connection, but to close it. */
  FUNNEL_MISMATCH = 3
};

/* What must be delivered before a message, besides the last barrier, which comes before everything
 * behind it. */
enum funnel_order {
  /* What its keys say; without keys: nothing. */
  FUNNEL_BY_KEYS = 0,
  /* All earlier messages. It holds up nothing but what shares a key with it. */
  FUNNEL_AFTER_ALL = 1,
  /* All earlier messages, and it itself before all later ones; keys do not matter. */
  FUNNEL_BARRIER = 2
};

/* How a message uses a key, as a reader or writer uses a lock. */
enum funnel_mode {
  FUNNEL_EXCLUSIVE = 0, /* after the last exclusive message of the key and all shared ones since */
  FUNNEL_SHARED = 1     /* after the last exclusive one only */
};

/* What messages may have in common. Two keys are the same if space and value are. A module that has
 * a name longer than 64 bits hashes it: two names with one value are ordered more than they
 * need to be, never less. */
struct funnel_key {
  uint64_t value;
  uint32_t space; /* which kind of value: the module's own numbering */
  uint32_t mode;  /* enum funnel_mode */
};

#define FUNNEL_KEYS_MAX 16

/* Filled by funnel_module.read. Funnel has set all of it to zero before. */
struct funnel_verdict {
  uint32_t kind;  /* enum funnel_kind */
  uint32_t order; /* enum funnel_order; of a message's first part */
  /* FUNNEL_MESSAGE: of the message, from the first byte shown; at least 1, and it may be more than
   * was shown: the bytes up to it are then passed on without a further call. */
  uint64_t length;
  /* FUNNEL_MESSAGE: not 0: the message does not end there. The next call is about what follows; its
   * order and keys do not matter, those of the first part hold for all of it. */
  uint32_t more;
  /* How many of `keys` are set. More than FUNNEL_KEYS_MAX: the message is a barrier. */
  uint32_t key_count;
  struct funnel_key keys[FUNNEL_KEYS_MAX];
  /* What kind of message it is, for `funnelctl trace`: a constant text of the module's such as
   * "search request", never payload; or NULL. With `numbered`, `number` is shown behind it. */
  const char *label;
  uint64_t number;
  uint32_t numbered;
  uint32_t reserved; /* 0 */
};

/* --- datagrams: what a module says about one --- */

enum funnel_delivery {
  FUNNEL_AS_CONFIGURED = 0, /* the service's lifetime */
  FUNNEL_EXPIRES = 1,       /* `lifetime_ms`, or the service's lifetime if that is less */
  /* Sent again until it arrives, or, with `lifetime_ms`, until it is so old, whatever the
   * service's lifetime is: later it would be of no use. */
  FUNNEL_RELIABLE = 2
};

#define FUNNEL_RESEND_KEY_MAX 64

/* Filled by funnel_module.datagram. Funnel has set all of it to zero before. As long as delivery,
 * urgent, resend_key_size and label stay so, the datagram was not recognised: it is treated as
 * without a module, or dropped if the service has module-strict = yes. */
struct funnel_datagram {
  uint32_t delivery;    /* enum funnel_delivery */
  uint32_t lifetime_ms; /* FUNNEL_EXPIRES: at least 1; FUNNEL_RELIABLE: 0 is no limit */
  uint32_t urgent;      /* not 0: it goes before other datagrams of the service that wait */
  /* Under which a repetition counts as the same datagram while one is on its way: what
   * identifies the request, and all in which a repetition that asks for something else differs.
   * Longer than FUNNEL_RESEND_KEY_MAX: none. Size 0: equal bytes are a repetition. */
  uint32_t resend_key_size;
  uint8_t resend_key[FUNNEL_RESEND_KEY_MAX];
  const char *label; /* as in funnel_verdict */
  uint64_t number;
  uint32_t numbered;
  uint32_t reserved; /* 0 */
};

/* --- options --- */

/* One that the module knows. */
struct funnel_option_row {
  const char *name; /* [a-z0-9-]+ */
  /* One sentence with its range and default, for funnelctl modules and the manual. */
  const char *help;
};

/* One that the service's configuration sets: module-option = NAME=VALUE. Each name at most once. */
struct funnel_option {
  const char *name;
  const char *value;
};

/* --- the module --- */

struct funnel_module {
  uint32_t abi;           /* FUNNEL_MODULE_ABI */
  uint32_t size;          /* sizeof(struct funnel_module) */
  uint32_t verdict_size;  /* sizeof(struct funnel_verdict) */
  uint32_t datagram_size; /* sizeof(struct funnel_datagram) */

  const char *name;                        /* as its file, without ".so": [a-z0-9-]+ */
  const char *summary;                     /* one line: the protocol and where it is defined */
  const struct funnel_option_row *options; /* ends with a row whose name is NULL; or NULL: none */

  /* The most bytes of a message's beginning that `read` needs to tell its length and keys; at most
   * FUNNEL_HEAD_MAX. Funnel holds so many for each direction of a connection. */
  uint32_t head_max;
  uint32_t reserved; /* 0 */

  /* Takes a service's options; once a service and process, and again when they have changed.
   * Only names that the module knows are passed. Returns what `open` and `datagram` get, or NULL
   * with a sentence in ERROR (at most ERROR_SIZE bytes with the closing zero) and in *WRONG the
   * index of the option that it is about, or COUNT. */
  void *(*configure)(const struct funnel_option *options, size_t count, size_t *wrong, char *error,
                     size_t error_size);
  /* All that was opened with CONFIG is closed. */
  void (*release)(void *config);

  /* --- connections; all three NULL: the module is for datagrams only ---
   *
   * One object a connection at each of its two edges. Both directions are shown to it: what the
   * application at this edge (END) sends, as it sends it, and what was delivered to that
   * application, exactly as the stream of bytes that was written to it, before anything that the
   * application sends after it. So both objects of a connection see both directions, each in the
   * order in which its application does; messages that may overtake each other come in different
   * orders. Only what the module says about bytes of END decides about order; of the other
   * direction Funnel needs the lengths, and that it is this protocol. Nothing relies on the far
   * edge's having a module.
   *
   * NULL from `open`: no memory; the connection is then ordered bytes. */
  void *(*open)(void *config, enum funnel_end end);
  void (*close)(void *connection);
  /* About BYTES (SIZE, at least 1), which SENDER sent and which begin where the last verdict about
   * SENDER ended. They belong to the caller. Input is hostile from both sides: a module says
   * FUNNEL_MESSAGE only after it has recognised the message by what the protocol fixes, not because
   * a length looked plausible. */
  void (*read)(void *connection, enum funnel_end sender, const uint8_t *bytes, size_t size,
               struct funnel_verdict *verdict);

  /* --- datagrams; NULL: the module is for connections only ---
   *
   * About one datagram, whole (SIZE may be 0), that SENDER's application at this edge has sent.
   * There is no object for a flow: a datagram may be lost, and so means what it means by itself.
   * Input is hostile, as above: a module fills in the verdict only for what it has recognised. */
  void (*datagram)(void *config, enum funnel_end sender, const uint8_t *bytes, size_t size,
                   struct funnel_datagram *verdict);
};

/* What a module exports. */
extern const struct funnel_module funnel_module
#if defined(__GNUC__)
    __attribute__((visibility("default")))
#endif
    ;

#ifdef __cplusplus
}
#endif

#endif
