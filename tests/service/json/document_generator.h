// SPDX-License-Identifier: Apache-2.0
//
// Makes JSON documents that fit a message more or less: of a seed, always the
// same ones.
//
//   DocumentGenerator generate(42);
//   std::string json = generate.Document(*Everything::descriptor());
//
// It writes text itself and knows the message only by its descriptor, so it
// shares nothing with the codec.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace klarna::json {

class DocumentGenerator {
 public:
  enum class Style {
    kAnything,  // wrong types, nulls, unknown members, odd numbers and strings
    kFitting,   // only what has a place in the message
  };

  explicit DocumentGenerator(uint64_t seed, Style style = Style::kAnything)
      : random_(seed), style_(style) {}

  // An object with members of `message`.
  std::string Document(const google::protobuf::Descriptor& message);

  // Any JSON value at all.
  std::string AnyValue();

 private:
  // A number below `n`, and true in one of `n` cases.
  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }
  bool OneIn(size_t n) { return Below(n) == 0; }

  void Object(const google::protobuf::Descriptor& message, int depth);
  void FieldValue(const google::protobuf::FieldDescriptor& field, int depth);
  void SingleValue(const google::protobuf::FieldDescriptor& field, int depth);
  void Any(int depth);
  void AnyObject(int depth);
  void AnyArray(int depth);

  void Name(std::string_view name);
  void Integer();
  void SmallInteger();
  void Number();
  void String();
  void Character();
  void Space();

  std::mt19937_64 random_;
  Style style_;
  std::string out_;
};

}  // namespace klarna::json
