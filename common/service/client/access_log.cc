#include "common/service/client/access_log.h"

#include <unistd.h>

#include <array>
#include <ctime>
#include <utility>
#include <vector>

#include "common/base/json_writer.h"
#include "common/base/message_ids.h"
#include "common/base/printable.h"

namespace funnel::service {
namespace {

constexpr std::string_view kEvent = "access";

std::int64_t MillisecondsOf(Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

bool HasAnswer(const AccessRecord& record) { return record.counts.first_answer != TimePoint{}; }

std::string Text(const config::ServiceConfig& service, const AccessRecord& record) {
  const std::int64_t lasted = MillisecondsOf(record.ended - record.opened);
  return "access: " + (record.client.empty() ? "a client" : record.client) + " at " +
         service.name.text() + ": " + std::string(record.end.how) + ", by " +
         std::string(record.end.who) + ", after " + std::to_string(lasted) + " ms; " +
         std::to_string(record.counts.from_client) + " bytes from the client, " +
         std::to_string(record.counts.to_client) + " to it";
}

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields FieldsOf(const config::ServiceConfig& service, const AccessRecord& record) {
  Fields out{
      {"SERVICE", service.name.text()},
      {"CLIENT", record.client},
      {"LOCAL", record.local},
      {"PEER", record.peer},
      {"PRINCIPAL", record.principal},
      {"BACKEND", record.backend},
      {"BYTES_FROM_CLIENT", std::to_string(record.counts.from_client)},
      {"BYTES_TO_CLIENT", std::to_string(record.counts.to_client)},
      {"LASTED_MS", std::to_string(MillisecondsOf(record.ended - record.opened))},
      {"END", std::string(record.end.how)},
      {"ENDED_BY", std::string(record.end.who)},
  };
  if (HasAnswer(record))
    out.emplace_back("FIRST_ANSWER_MS",
                     std::to_string(MillisecondsOf(record.counts.first_answer - record.opened)));

  std::erase_if(out, [](const auto& field) { return field.second.empty(); });
  return out;
}

}  // namespace

std::string AccessJson(const config::ServiceConfig& service, const AccessRecord& record) {
  JsonWriter json;
  json.Open('{');
  json.Field("event", kEvent);
  json.Field("service", service.name.text());
  json.TextOrNull("client", record.client);
  json.TextOrNull("local", record.local);
  json.TextOrNull("peer", record.peer);
  json.TextOrNull("principal", record.principal);
  json.TextOrNull("backend", record.backend);
  json.Field("bytes_from_client", record.counts.from_client);
  json.Field("bytes_to_client", record.counts.to_client);
  json.Field("lasted_ms", MillisecondsOf(record.ended - record.opened));

  std::optional<std::int64_t> answer;
  if (HasAnswer(record)) answer = MillisecondsOf(record.counts.first_answer - record.opened);
  json.Field("first_answer_ms", answer);

  json.Field("end", record.end.how);
  json.Field("ended_by", record.end.who);
  json.Close('}');
  return json.Take();
}

bool AccessLog::Write(const config::ServiceConfig& service, const AccessRecord& record) {
  if (service.access_log == config::AccessForm::kNo) return true;
  const bool json = service.access_log == config::AccessForm::kJson;
  std::string message =
      json ? AccessJson(service, record) : EscapeUnprintable(Text(service, record));
  if (!is_journal_ && json) return WriteWithoutWaiting(STDERR_FILENO, message + '\n');

  const Fields fields = FieldsOf(service, record);
  if (!is_journal_) {
    for (const auto& [name, value] : fields) message += ' ' + name + '=' + EscapeUnprintable(value);
    return WriteWithoutWaiting(STDERR_FILENO, message + '\n');
  }

  std::vector<std::string> items{"MESSAGE=" + message, "PRIORITY=6",
                                 "FUNNEL_EVENT=" + std::string(kEvent),
                                 "MESSAGE_ID=" + std::string(FindMessageId(kEvent))};
  for (const auto& [name, value] : fields)
    items.push_back("FUNNEL_" + name + '=' + EscapeUnprintable(value));
  return journal_.Send(items);
}

}  // namespace funnel::service
