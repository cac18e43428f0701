/* A module for a made-up protocol, to begin one's own with: see README.
 *
 * Notes are lines, requests and answers alike: "ID WORD ...", the ID a number from 1 to 999999.
 *
 *   12 GET groceries          12 TEXT milk, eggs
 *   13 SYNC                   13 DONE
 *
 * A server answers requests in any order, by their ID; an answer may have several lines. SYNC and its
 * answer separate what stands before them from what stands behind them, and after the line "ID RAW" both
 * sides send something else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <funnel/module.h>

#define LONGEST_LINE 4096

/* What the service's options say. */
struct config {
  int strict_words; /* only words in capital letters are the protocol */
};

/* One connection. */
struct connection {
  const struct config *config;
  int raw[2]; /* what each end sends from here on is not lines */
};

static void *configure(const struct funnel_option *options, size_t count, size_t *wrong,
                       char *error, size_t error_size) {
  struct config *config = calloc(1, sizeof *config);
  if (config == NULL) return NULL;
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(options[i].value, "yes") == 0 || strcmp(options[i].value, "no") == 0) {
      config->strict_words = options[i].value[0] == 'y';
      continue;
    }
    *wrong = i;
    snprintf(error, error_size, "%s is yes or no", options[i].name);
    free(config);
    return NULL;
  }
  return config;
}

static void *open_connection(void *config, enum funnel_end end) {
  struct connection *connection = calloc(1, sizeof *connection);
  (void)end;
  if (connection != NULL) connection->config = config;
  return connection;
}

/* Whether WORD stands at AT, in a line that ends at NEWLINE. */
static int is_word(const uint8_t *at, const uint8_t *newline, const char *word) {
  const size_t length = strlen(word);
  return (size_t)(newline - at) >= length && memcmp(at, word, length) == 0 &&
         (at + length == newline || at[length] == ' ');
}

static void read_line(void *object, enum funnel_end sender, const uint8_t *bytes, size_t size,
                      struct funnel_verdict *verdict) {
  struct connection *connection = object;
  const uint8_t *newline = memchr(bytes, '\n', size);
  const uint8_t *word = bytes;
  unsigned long id = 0;
  if (connection->raw[sender]) {
    verdict->kind = FUNNEL_STREAM;
    return;
  }

  /* The number, as far as it is there: what does not begin with one is not the protocol. */
  while (word < bytes + size && *word >= '0' && *word <= '9' && id <= 999999)
    id = 10 * id + (unsigned long)(*word++ - '0');
  if (id > 999999 || (word < bytes + size && (id == 0 || *word != ' '))) {
    verdict->kind = FUNNEL_MISMATCH;
    return;
  }
  if (newline == NULL) {
    verdict->kind = FUNNEL_NEED_MORE; /* Funnel gives up at head_max */
    return;
  }

  ++word; /* a line has a word behind the blank: this is at most the newline */
  if (connection->config->strict_words && (*word < 'A' || *word > 'Z')) {
    verdict->kind = FUNNEL_MISMATCH;
    return;
  }
  verdict->kind = FUNNEL_MESSAGE;
  verdict->length = (uint64_t)(newline - bytes) + 1;
  verdict->keys[verdict->key_count++] = (struct funnel_key){id, 0, FUNNEL_EXCLUSIVE};
  verdict->label = sender == FUNNEL_CLIENT ? "request" : "answer";
  verdict->number = id;
  verdict->numbered = 1;
  if (is_word(word, newline, "SYNC") || is_word(word, newline, "DONE"))
    verdict->order = FUNNEL_BARRIER;
  if (is_word(word, newline, "RAW")) {
    verdict->order = FUNNEL_BARRIER;
    connection->raw[sender] = 1;
  }
}

static const struct funnel_option_row options[] = {
    {"strict-words", "Whether a word begins with a capital letter, yes or no (the default)."},
    {NULL, NULL},
};

const struct funnel_module funnel_module = {
    .abi = FUNNEL_MODULE_ABI,
    .size = sizeof(struct funnel_module),
    .verdict_size = sizeof(struct funnel_verdict),
    .datagram_size = sizeof(struct funnel_datagram),
    .name = "notes",
    .summary = "Notes, a made-up protocol",
    .options = options,
    .head_max = LONGEST_LINE,
    .configure = configure,
    .release = free,
    .open = open_connection,
    .close = free,
    .read = read_line,
};
