#include "funnelctl/metrics/http.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "common/base/unique_fd.h"

namespace funnel::ctl {
namespace {

using namespace std::chrono_literals;

HttpStatus StatusOf(std::string_view header) { return ParseHttpRequest(header).status; }

TEST(HttpRequest, TakesGetAndHead) {
  HttpRequest get = ParseHttpRequest("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(get.status, HttpStatus::kOk);
  EXPECT_EQ(get.path, "/metrics");
  EXPECT_FALSE(get.head);
  EXPECT_TRUE(ParseHttpRequest("HEAD / HTTP/1.0\r\n\r\n").head);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\n\n"), HttpStatus::kOk);
  EXPECT_EQ(ParseHttpRequest("GET http://h:1/metrics?x=1 HTTP/1.1\r\nHost: h:1\r\n\r\n").path,
            "/metrics");
}

TEST(HttpRequest, RefusesOtherPathsAndMethods) {
  EXPECT_EQ(StatusOf("GET /metrics/ HTTP/1.0\r\n\r\n"), HttpStatus::kNotFound);
  EXPECT_EQ(StatusOf("GET /../etc/passwd HTTP/1.0\r\n\r\n"), HttpStatus::kNotFound);
  EXPECT_EQ(StatusOf("POST /metrics HTTP/1.0\r\n\r\n"), HttpStatus::kMethodNotAllowed);
  EXPECT_EQ(StatusOf("OPTIONS * HTTP/1.0\r\n\r\n"), HttpStatus::kMethodNotAllowed);
}

TEST(HttpRequest, RefusesWhatIsMalformed) {
  for (std::string_view header : {
           std::string_view("\r\n"),
           std::string_view("GET\r\n\r\n"),
           std::string_view("GET /metrics\r\n\r\n"),
           std::string_view("GET  /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string_view("GET /metrics HTTP/2.0\r\n\r\n"),
           std::string_view("GET /metrics HTTP/1.1 \r\nHost: x\r\n\r\n"),
           std::string_view("G{}T /metrics HTTP/1.0\r\n\r\n"),
           std::string_view("GET metrics HTTP/1.0\r\n\r\n"),
           std::string_view("GET /\x01 HTTP/1.0\r\n\r\n"),
           std::string_view("GET /metrics HTTP/1.1\r\n\r\n"),
           std::string_view("GET /metrics HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n"),
           std::string_view("GET / HTTP/1.0\r\nno colon\r\n\r\n"),
           std::string_view("GET / HTTP/1.0\r\n folded: x\r\n\r\n"),
           std::string_view("GET / HTTP/1.0\r\nspace : x\r\n\r\n"),
           std::string_view("GET / HTTP/1.0\r\na: \0b\r\n\r\n", 27),
           std::string_view("GET / HTTP/1.0\r\na: x\ry\r\n\r\n"),
       }) {
    EXPECT_EQ(StatusOf(header), HttpStatus::kBadRequest) << header;
  }
}

TEST(HttpRequest, SurvivesRandomDamage) {
  std::mt19937 random(4711);
  for (int round = 0; round < 20000; ++round) {
    std::string text = "GET /metrics HTTP/1.1\r\nHost: example.net\r\nAccept: */*\r\n\r\n";
    for (int change = 0; change < 3; ++change)
      text[random() % text.size()] = static_cast<char>(random());
    (void)ParseHttpRequest(text);
  }
}

// The far end of a connection that ServeHttp answers.
class HttpServe : public testing::Test {
 protected:
  HttpServe() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    client_ = UniqueFd(pair[0]);
    server_ = UniqueFd(pair[1]);
  }
  void Start(HttpLimits limits = {}) {
    thread_ = std::thread([this, limits] {
      served_ = ServeHttp(server_.get(), server_.get(), limits, [this] { return body_; });
      server_.reset();
    });
  }
  // What came until the end, after SENT was sent.
  std::string Exchange(std::string_view sent, bool half_close = true) {
    EXPECT_EQ(send(client_.get(), sent.data(), sent.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(sent.size()));
    if (half_close) shutdown(client_.get(), SHUT_WR);
    std::string out;
    char buffer[4096];
    for (ssize_t count; (count = read(client_.get(), buffer, sizeof buffer)) > 0;)
      out.append(buffer, static_cast<std::size_t>(count));
    thread_.join();
    return out;
  }

  UniqueFd client_, server_;
  std::thread thread_;
  Result<void> served_;
  std::string body_ = "funnel_up 1\n";
};

TEST_F(HttpServe, AnswersInPrometheusFormat) {
  Start();
  std::string answer = Exchange("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"));
  EXPECT_NE(answer.find("Content-Length: 12\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfunnel_up 1\n"));
  EXPECT_TRUE(served_);
}

TEST_F(HttpServe, HeadHasNoBody) {
  Start();
  std::string answer = Exchange("HEAD /metrics HTTP/1.0\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 12\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(HttpServe, SaysWhichMethodsItTakes) {
  Start();
  std::string answer = Exchange("DELETE /metrics HTTP/1.0\r\n\r\nbody");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 "));
  EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos);
}

TEST_F(HttpServe, BoundsTheHeader) {
  Start();
  EXPECT_TRUE(
      Exchange("GET / HTTP/1.0\r\nx: " + std::string(9000, 'x')).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServe, DoesNotWaitForASlowClient) {
  Start({.request_time = 50ms});
  EXPECT_TRUE(Exchange("GET / HT", /*half_close=*/false).starts_with("HTTP/1.1 408 "));
}

TEST_F(HttpServe, AnswersAnEmptyConnection) {
  Start();
  EXPECT_TRUE(Exchange("").starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpServe, GivesUpAClientThatDoesNotRead) {
  body_ = std::string(4 << 20, 'x');
  std::string_view request = "GET /metrics HTTP/1.0\r\n\r\n";
  ASSERT_GT(send(client_.get(), request.data(), request.size(), 0), 0);
  Start({.answer_time = 50ms});
  thread_.join();
  ASSERT_FALSE(served_);
  EXPECT_EQ(served_.error().message, "the client does not read its answer");
}

TEST_F(HttpServe, WritesToPipesAsInetdsTestsDo) {
  int in[2], out[2];
  ASSERT_EQ(pipe(in), 0);
  ASSERT_EQ(pipe(out), 0);
  ASSERT_GT(write(in[1], "GET / HTTP/1.0\r\n\r\n", 18), 0);
  ASSERT_TRUE(ServeHttp(in[0], out[1], {}, [] { return ""; }));
  char buffer[512];
  EXPECT_GT(read(out[0], buffer, sizeof buffer), 0);
  EXPECT_EQ(std::string_view(buffer, 15), "HTTP/1.1 200 OK");
  for (int fd : {in[0], in[1], out[0], out[1]}) close(fd);
}

}  // namespace
}  // namespace funnel::ctl
