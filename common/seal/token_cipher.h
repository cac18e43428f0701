// RFC 4121 Wrap tokens with confidentiality, made and opened with OpenSSL: byte for byte what MIT's
// gss_wrap() and gss_unwrap() of the same context make and take, several times as fast.
//
//   +-------+-------+----+------+------+-----------+---------------------------+---------+
//   | 05 04 | flags | FF | EC 0 | RRC 0|  SND_SEQ  | encrypted:                |   MAC   |
//   |  2    |   1   |  1 |  2   |  2   |     8     | confounder 16, plaintext, | 12, 16, |
//   |       |       |    |      |      |           | copy of the header 16     | or 24   |
//   +-------+-------+----+------+------+-----------+---------------------------+---------+
//
// An opener is stricter than RFC 4121: flags are exactly Sealed, AcceptorSubkey and the peer's
// direction; EC and RRC are 0. gss_wrap() never makes anything else, and EC and RRC of a token from
// the path are the two fields that implementations have been attacked through.
#pragma once

#include <memory>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "common/seal/enctype.h"
#include "common/wire/frame/crypto.h"
#include "common/wire/frame/types.h"

namespace funnel::seal {

// Keys are derived once from SUBKEY, the context's acceptor subkey, and wiped with the cipher.
// Sealing and opening allocate nothing. Not thread-safe. Fails when SUBKEY has not the size of
// ENCTYPE's keys.
[[nodiscard]] Result<std::unique_ptr<wire::FrameCipher>> MakeTokenCipher(Enctype enctype,
                                                                         ByteView subkey,
                                                                         wire::Role our_role);

// What a token of ENCTYPE is longer than its plaintext: 60, 64 or 72 bytes.
[[nodiscard]] std::size_t TokenOverhead(Enctype enctype);

}  // namespace funnel::seal
