// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/json/utf8.h"

namespace klarna::config {
namespace {

constexpr YAML::anchor_t kNoAnchor = 0;

Position PositionOf(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// Builds the tree from the parser's events. After the first problem it only
// lets the parser run out.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(ProblemReport& report) : report_(report) {}

  bool failed() const { return failed_; }
  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!Accept(mark, "", anchor)) return;
    Attach({.kind = YamlNode::Kind::kNull, .position = PositionOf(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Accept(mark, "", anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    if (!Accept(mark, tag, anchor)) return;
    if (!json::IsUtf8(value)) return Fail(PositionOf(mark), "not UTF-8");
    Attach({.kind = YamlNode::Kind::kScalar,
            .position = PositionOf(mark),
            .text = value,
            .quoted = tag == "!"});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMapping, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  void Fail(Position position, std::string text) {
    report_.AddAt(position, "", std::move(text));
    failed_ = true;
  }

  bool Accept(const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
    if (failed_) return false;
    if (anchor != kNoAnchor) {
      Fail(PositionOf(mark),
           "anchors and aliases are not taken; write the value out");
    } else if (!tag.empty() && tag != "?" && tag != "!") {
      Fail(PositionOf(mark), "tags are not taken; remove it");
    }
    return !failed_;
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    if (!Accept(mark, tag, anchor)) return;
    if (open_.size() == kMaxYamlDepth) {
      Fail(PositionOf(mark), "nested too deep");
      return;
    }
    open_.push_back({.kind = kind, .position = PositionOf(mark)});
  }

  void Close() {
    if (failed_) return;
    YamlNode done = std::move(open_.back());
    open_.pop_back();
    Attach(std::move(done));
  }

  void Attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key = parent.kind == YamlNode::Kind::kMapping &&
                        parent.keys.size() == parent.items.size();
    if (is_key && node.kind != YamlNode::Kind::kScalar) {
      Fail(node.position, "a key has to be a name");
      return;
    }
    (is_key ? parent.keys : parent.items).push_back(std::move(node));
  }

  ProblemReport& report_;
  bool failed_ = false;
  YamlNode root_;
  std::vector<YamlNode> open_;
};

// The byte order mark of UTF-8 or of UTF-16.
bool BeginsWithMark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") || text.starts_with('\xFE') ||
         text.starts_with('\xFF');
}

// What the parser would take, or name badly.
bool CheckBytes(std::string_view text, ProblemReport& report) {
  if (text.size() > kMaxYamlBytes) {
    report.AddAt({}, "", absl::StrCat("larger than ", kMaxYamlBytes, " bytes"));
  } else if (text.find('\0') != std::string_view::npos) {
    report.AddAt({}, "", "holds a NUL byte: half-written, or not text");
  } else if (BeginsWithMark(text)) {
    report.AddAt({1, 1}, "",
                 "begins with a byte order mark; save it as UTF-8 without one");
  }
  int number = 1;
  for (size_t begin = 0; begin < text.size() && report.empty(); ++number) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const size_t tab = line.find_first_not_of(' ');
    if (tab != std::string_view::npos && line[tab] == '\t') {
      report.AddAt({number, static_cast<int>(tab) + 1}, "",
                   "a tab in the indentation; use spaces");
    }
    begin = end + 1;
  }
  return report.empty();
}

}  // namespace

std::optional<YamlNode> ParseYaml(std::string_view text,
                                  ProblemReport& report) {
  if (!CheckBytes(text, report)) return std::nullopt;
  std::istringstream stream{std::string(text)};
  TreeBuilder builder(report);
  // The library reports by exceptions; they end here.
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder second(report);
    if (!builder.failed() && parser.HandleNextDocument(second)) {
      report.AddAt({}, "", "holds more than one YAML document; remove `---`");
    }
  } catch (const YAML::Exception& error) {
    if (!builder.failed()) {
      report.AddAt(PositionOf(error.mark), "",
                   absl::StrCat("not valid YAML: ", error.msg));
    }
  }
  if (!report.empty()) return std::nullopt;
  return builder.TakeRoot();
}

}  // namespace klarna::config
