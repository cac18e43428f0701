#include "common/config/principal.h"

#include <gtest/gtest.h>

namespace funnel::config {
namespace {

using Components = std::vector<std::string>;

Principal Parsed(std::string_view text) {
  auto principal = Principal::Parse(text);
  EXPECT_TRUE(principal) << text << ": " << (principal ? "" : principal.error().message);
  return principal ? *principal : Principal{};
}

PrincipalPattern Pattern(std::string_view text) {
  auto pattern = PrincipalPattern::Parse(text);
  EXPECT_TRUE(pattern) << text << ": " << (pattern ? "" : pattern.error().message);
  return pattern ? *pattern : PrincipalPattern{};
}

bool Matches(std::string_view pattern, std::string_view principal) {
  return Pattern(pattern).Matches(Parsed(principal));
}

TEST(Principal, SplitsComponentsAndRealm) {
  Principal principal = Parsed("dns/ns.hoster.net@EXAMPLE.NET");
  EXPECT_EQ(principal.components, (Components{"dns", "ns.hoster.net"}));
  EXPECT_EQ(principal.realm, "EXAMPLE.NET");
  EXPECT_EQ(Parsed("admin@R").components, Components{"admin"});
}

TEST(Principal, TakesEscapedSeparatorsForText) {
  EXPECT_EQ(Parsed(R"(a\/b/c@R)").components, (Components{"a/b", "c"}));
  EXPECT_EQ(Parsed(R"(a\@b@R)").components, Components{"a@b"});
  EXPECT_EQ(Parsed(R"(a\\/b@R)").components, (Components{"a\\", "b"}));
  EXPECT_EQ(Parsed(R"(a@R\@S)").realm, "R@S");
  EXPECT_EQ(Parsed(R"(\d@R)").components, Components{"d"});
}

TEST(Principal, KnowsControlEscapes) {
  EXPECT_EQ(Parsed(R"(a\nb\tc\bd\0e@R)").components, Components{std::string("a\nb\tc\bd\0e", 9)});
}

TEST(Principal, KeepsSlashesOfTheRealm) { EXPECT_EQ(Parsed("a@R/S").realm, "R/S"); }

TEST(Principal, PrintsWhatParsesToTheSame) {
  for (const char* text :
       {"dns/a@R", R"(a\/b/c\@d\\e@R\/S\@T)", R"(\n\t\b\0@R)", "*@R", "a/b/c/d@R"}) {
    Principal principal = Parsed(text);
    EXPECT_EQ(principal.text(), text);
    EXPECT_EQ(Parsed(principal.text()), principal);
  }
}

TEST(Principal, RefusesMalformedNames) {
  for (const char* text :
       {"", "a", "@R", "a@", "a@R@S", "/a@R", "a//b@R", "a/@R", R"(a\@R)", R"(a@R\)"}) {
    EXPECT_FALSE(Principal::Parse(text)) << text;
  }
  EXPECT_FALSE(Principal::Parse(std::string(1024, 'a') + "@R"));
}

TEST(PrincipalPattern, MatchesLiterally) {
  EXPECT_TRUE(Matches("dns/a@R", "dns/a@R"));
  EXPECT_FALSE(Matches("dns/a@R", "dns/b@R"));
  EXPECT_FALSE(Matches("dns/a@R", "DNS/a@R"));
  EXPECT_FALSE(Matches("dns@R", "dns/a@R"));
  EXPECT_FALSE(Matches("dns/a@R", "dns@R"));
}

TEST(PrincipalPattern, StarStandsForExactlyOneComponent) {
  EXPECT_TRUE(Matches("dns/*@R", "dns/a@R"));
  EXPECT_FALSE(Matches("dns/*@R", "dns@R"));
  EXPECT_FALSE(Matches("dns/*@R", "dns/a/b@R"));
  EXPECT_TRUE(Matches("*@R", "anyone@R"));
  EXPECT_TRUE(Matches("*/*@R", "x/y@R"));
}

TEST(PrincipalPattern, RealmIsLiteral) {
  EXPECT_FALSE(Matches("dns/*@R", "dns/a@S"));
  EXPECT_FALSE(Matches("dns/*@R", "dns/a@R.SUB"));
  EXPECT_FALSE(PrincipalPattern::Parse("dns/a@*"));
  EXPECT_FALSE(PrincipalPattern::Parse("dns/a@*.NET"));
}

// Escapes that make a name look like another do not make it match that one.
TEST(PrincipalPattern, IsNotFooledByEscapes) {
  EXPECT_FALSE(Matches("dns/*@R", R"(dns\/a@R)"));
  EXPECT_TRUE(Matches("*@R", R"(dns\/a@R)"));
  EXPECT_FALSE(Matches("dns/*@R", R"(dns/a\@R@EVIL)"));
  EXPECT_TRUE(Matches(R"(dns/\*@R)", "dns/*@R"));
  EXPECT_FALSE(Matches(R"(dns/\*@R)", "dns/a@R"));
}

TEST(PrincipalPattern, RefusesStarsWithinComponents) {
  EXPECT_FALSE(PrincipalPattern::Parse("dns/ns*@R"));
  EXPECT_FALSE(PrincipalPattern::Parse("**@R"));
  EXPECT_TRUE(PrincipalPattern::Parse(R"(dns/ns\*@R)"));
}

TEST(PrincipalPattern, PrintsWhatParsesToTheSame) {
  for (const char* text : {"dns/*@R", R"(dns/\*@R)", R"(a\/b/*/c@R)", "*/*@R"}) {
    EXPECT_EQ(Pattern(text).text(), text);
    EXPECT_EQ(Pattern(Pattern(text).text()), Pattern(text));
  }
}

TEST(PrincipalPattern, MatchesNothingUnlessParsed) {
  EXPECT_FALSE(PrincipalPattern().Matches(Parsed("a@R")));
}

TEST(PrincipalPattern, SaysWhatDiffers) {
  PrincipalPattern pattern = Pattern("dns/*@R");
  EXPECT_TRUE(pattern.Match(Parsed("dns/a@R")));
  EXPECT_EQ(pattern.Match(Parsed("dns/a@S")).error().message, "the realm is S, not R");
  EXPECT_EQ(pattern.Match(Parsed("dns@R")).error().message,
            "it has 1 component, not 2 (* stands for one)");
  EXPECT_EQ(pattern.Match(Parsed("ldap/a@R")).error().message, "component 1 is ldap, not dns");
  EXPECT_EQ(pattern.Match(Parsed("\x1b/a@R")).error().message, "component 1 is \\x1b, not dns");
}

}  // namespace
}  // namespace funnel::config
