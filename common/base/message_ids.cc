#include "common/base/message_ids.h"

#include <algorithm>

namespace funnel {
namespace {

constexpr MessageId kMessageIds[] = {
    {"start-failed", "06eff4ec204c4616ba58612652335868"},
    {"configuration", "10cf1f4a7c12451eb17583891c78a00b"},
    {"suites-missing", "167c40a4db9147aa85cfd5fc09205e17"},
    {"reload-failed", "bc0bdac324b14e598f4aaaeaffe58d1a"},
    {"restart-needed", "9ed2fb8c4dbc4201b394df517fe63cf2"},
    {"counters-private", "3edd94bfded54d80bda4bb24059bd4cf"},
    {"accept-failed", "4747d01dccd34e349bc71ec6bf8e400d"},
    {"accept-closed", "9def095552894f9d88a2b12fd3c64b53"},
    {"accept-when-failed", "34997e197e8c4bf39e84ff46016d6b62"},
    {"no-descriptors", "7b9890f56c1b4d74b84f66b88ae1f770"},
    {"authd-lost", "7c6dd0c48d9f4ddb8d1d8253f3dda1ba"},
    {"authd-away", "463816fae6d4429092b1b1f667d88734"},
    {"client-rejected", "e075cf0eeb5545cba5e4373f917356c4"},
    {"control-limit", "901677444481448f80ae4ade5fdcb560"},
    {"request-denied", "46e7eac640bd421896e633995d821b93"},
    {"request-rejected", "00c1264726f5455b9cb846c925f52f73"},
    {"command-denied", "f5846744a5c244569226dbdf0cfe41ff"},
    {"handshake-failed", "37b7f397c72644819b100b8ea58e55d2"},
    {"handshake-refused", "d96e696091df4d37986dbbd1d0c22e8e"},
    {"peer-not-verified", "509a802a87734f99b100033946a58018"},
    {"channel-refused", "09120b99d2284baab1e57d75cab3231b"},
    {"channel-failed", "4e3b2821e1ea46ffa98b45a0ec04cbb0"},
    {"channel-truncated", "ebf5bcd8d530410d9156876a1d3f431a"},
    {"channel-revoked", "19e5dce471704d969b70ba4763ba8cef"},
    {"context-revoked", "27ecc59e40d54e20b63768acb36d8427"},
    {"rekey-failed", "1431bd177b384807b9b0f0323faba3fb"},
    {"key-log", "5d0dfd6ed49d480cbdff01cd59e2f0c0"},
    {"adoption-refused", "f3c2aba931ae48cab2e660b0c5adad77"},
    {"claim-failed", "b71c55e0186e4c5596704471312a002b"},
    {"engine-unsuited", "b351accbe5ad44b2bde416de2a0f3b6e"},
    {"no-route", "acf19f1ef82c40b89509d2782c12336f"},
    {"relay-refused", "81f5665ab56544c098aa166612735d03"},
    {"channel-overflow", "431cedab8d4640a4ba84546d2317d969"},
    {"resolve-failed", "bdd2836661124d19bb4013bce5f250d9"},
    {"connect-failed", "63852897c7bd46859faf1ae207717f7c"},
    {"routes-not-kept", "3c1de0a54b7c4f0e9a6c5d8b27f1e0b9"},
    {"state-not-kept", "7a0f6f0c5a3d4d5f8f4b1b9f6b4c2e17"},
    {"path-moved", "12ae23a4c8d24d718c3da4b337c546f2"},
    {"no-channel", "d90cddbc98254f0391296076260a3b81"},
    {"sessions-over-limit", "0759ac2d914c4768b1b0301f87b90140"},
    {"sessions-stuck", "555c887ce84c4d02b664a725c0c75e65"},
    {"client-not-allowed", "4e86e2fc9f8d423bb9d02d081451df5a"},
    {"target-not-allowed", "db3cd90053c54d0ba3485b0eea2c37db"},
    {"access", "69c4c2887c334524a8247bbe300b70e1"},
    {"proxy-header-bad", "8c4e086e85e447558340a62ad27840a1"},
    {"client-limited", "39bfd49352274a40b8f9a9fa18f2b2f5"},
    {"peer-limited", "83dca76a551247fc8a600e579d76ece2"},
    {"backend-unreachable", "66060fdff57c41199312737abdc13053"},
    {"backend-down", "d40376783316497695a35453a3c515ae"},
    {"backend-up", "358cb069beed47eaa0dc0a9cdcd0e220"},
    {"backends-all-down", "fe65bb601c244b4c85dd00ddfca70f82"},
    {"far-end-no-backend", "c906b7b4b1a545dc9ee5e85439a9a09d"},
    {"backend-failed", "fbbf4bfd60d3491b8bb2c1258c47a0a4"},
    {"answer-from-other-port", "7edbe5bf754a40e7811bbcec9a532b2e"},
    {"source-port-not-had", "bb6fcc6bca8341d1bd42495fae668034"},
    {"source-not-had", "f9ae6c1c0e2341eaa2e7e8bf01e5147d"},
    {"datagram-too-large", "d30db55cfcc14090a0365ee06ba35615"},
    {"group-not-joined", "193f81e3cc8c4e61a2413dacd5106be9"},
    {"receive-failed", "a467b58ccb09462b8d1dec706d5a4358"},
    {"module-not-loaded", "d264c18315db49f89e837333636e5cc6"},
    {"modules-differ", "5d0f7b3c1e9a4c5f8a2b6d4e7c913f08"},
    {"module-mismatch", "2f61c2b9f83549f0adccd3e419f15356"},
    {"run-refused", "576d3dc4963c4333a848a58cd7270240"},
    {"command-not-started", "7a68356b5dff419983ec2e27da8872f0"},
    {"exec-refused", "a84cff0fcf1245ba97c29352764dabd3"},
    {"session-failed", "a18f1046f7124025ae500e25922ec8b3"},
    {"far-end-draining", "634c1fa459204a96bb6d2c1eca6f416c"},
    {"no-control-socket", "556f8efb21c9429b957d61f6271cc9e5"},
};

}  // namespace

std::span<const MessageId> MessageIds() { return kMessageIds; }

std::string_view FindMessageId(std::string_view event) {
  const auto* found = std::ranges::find(kMessageIds, event, &MessageId::event);
  return found == std::end(kMessageIds) ? std::string_view{} : found->id;
}

}  // namespace funnel
