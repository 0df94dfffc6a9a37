// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/disputes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/sandbox/dispute_list.h"
#include "service/sandbox/effects.h"
#include "service/sandbox/json_text.h"
#include "service/sandbox/multipart.h"
#include "service/sandbox/order_book.h"
#include "service/sandbox/pages.h"
#include "service/sandbox/pdf.h"
#include "service/sandbox/timestamp.h"

namespace klarna::sandbox {
namespace {

using nlohmann::json;

constexpr size_t kLargestFile = 7 * 1000 * 1000;
constexpr uint64_t kLargeSeededFile = 3 * 1024 * 1024;

constexpr absl::string_view kReasons[] = {
    "PRODUCTS_OR_SERVICES_NOT_RECEIVED", "REFUND_NOT_PROCESSED",
    "INCORRECT_AMOUNT", "PURCHASE_UNAUTHORIZED",
    "PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED"};

struct FileType {
  absl::string_view extension;
  absl::string_view type;
};

constexpr FileType kFileTypes[] = {
    {".pdf", "application/pdf"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".png", "image/png"},
    {".docx",
     "application/"
     "vnd.openxmlformats-officedocument.wordprocessingml.document"}};

const FileType* TypeOf(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const FileType& type : kFileTypes) {
    if (absl::EndsWith(lower, type.extension)) return &type;
  }
  return nullptr;
}

// Whether a name can stand between quotes in a header.
bool IsPlain(absl::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '"' ||
           c == '\\';
  });
}

std::string DisputeId(uint64_t number) {
  return absl::StrCat("krn:network:eu1:test:payment:dispute:",
                      5169719611000 + number);
}

Answer NotFound(const Call& call, absl::string_view resource) {
  return Refuse(call, 404, "RESOURCE_NOT_FOUND",
                absl::StrCat("Resource ", resource, " does not exist"));
}

Answer Conflict(const Call& call, const Dispute& dispute) {
  return Refuse(call, 409, "RESOURCE_CONFLICT",
                absl::StrCat("Operation is not possible in state ",
                             StateName(dispute.state)));
}

Answer Invalid(const Call& call, absl::string_view message) {
  return Refuse(call, 400, "VALIDATION_ERROR", message);
}

bool KnowsAttachments(const Dispute& dispute, const json& body) {
  if (!Has(body, "attachments")) return true;
  const json& attachments = body["attachments"];
  return std::all_of(
      attachments.begin(), attachments.end(), [&](const json& attachment) {
        return dispute.FindFile(TextOf(
                   attachment, "payment_dispute_attachment_id")) != nullptr;
      });
}

void AddSeededFiles(Dispute* dispute) {
  dispute->customer_files.push_back(
      {.id = dispute->id + ":customer-evidence:1",
       .name = "photo.png",
       .type = "image/png",
       .bytes = absl::StrCat("\x89PNG\r\n\x1a\n", dispute->number),
       // One file that does not fit any buffer.
       .seeded_size = dispute->number == 0 ? kLargeSeededFile : 0});
  dispute->files.push_back(
      {.id = dispute->id + ":attachment:1",
       .name = "receipt.pdf",
       .type = "application/pdf",
       .bytes = MakePdf({absl::StrCat("Receipt ", dispute->number)})});
}

// Takes a new dispute through the states up to `end`, a day each.
void MoveAlong(DisputeState end, Dispute* dispute) {
  absl::Time at = dispute->created_at;
  while (dispute->state != end) {
    at += absl::Hours(24);
    switch (dispute->state) {
      case DisputeState::kInitiated:
        dispute->evidence = {
            {"created_at", Timestamp(at)},
            {"additional_information", "Delivered and signed for."},
            {"attachments", json::array({{{"payment_dispute_attachment_id",
                                           dispute->files[0].id},
                                          {"description", "Receipt"}}})}};
        break;
      case DisputeState::kPreArbitration:
        dispute->arbitration_request = {
            {"created_at", Timestamp(at)},
            {"additional_information", "The signature is the customer's."}};
        break;
      case DisputeState::kArbitration:
        dispute->outcome = "LOST";
        break;
      default:
        break;
    }
    dispute->MoveTo(
        static_cast<DisputeState>(static_cast<int>(dispute->state) + 1), at);
  }
}

// Bytes of a large file that no one keeps: the same for the same file.
std::function<bool(std::string*)> SeededBytes(uint64_t size) {
  return [size, sent = uint64_t{0}](std::string* part) mutable {
    part->clear();
    while (sent < size && part->size() < 64 * 1024) {
      part->push_back(static_cast<char>(Scatter(sent / 8) >> (sent % 8 * 8)));
      ++sent;
    }
    return !part->empty();
  };
}

// Where the page of a list call begins in `all`; none if its cursor is unknown.
std::optional<size_t> PageBegin(const Call& call,
                                const std::vector<const Dispute*>& all) {
  const std::string* after = call.Query("starting_after");
  if (after == nullptr || call.page_fault == PageFault::kFirstAgain) return 0;
  const std::optional<uint64_t> number = NumberInCursor(*after);
  const auto last = std::find_if(all.begin(), all.end(), [&](const auto* d) {
    return number && d->number == *number;
  });
  if (last == all.end()) return std::nullopt;
  return static_cast<size_t>(last - all.begin()) + 1;
}

uint64_t PageSize(const Call& call, int page_cap) {
  uint64_t size = kDefaultPageSize;
  const std::string* asked = call.Query("size");
  if (asked != nullptr && call.page_fault != PageFault::kSizeIgnored) {
    // Its form was checked with the query.
    (void)absl::SimpleAtoi(*asked, &size);
  }
  return page_cap > 0 ? std::min(size, static_cast<uint64_t>(page_cap)) : size;
}

// What is wrong with an uploaded file; "" if nothing.
absl::string_view FileProblem(const MultipartField& file,
                              absl::string_view name) {
  const FileType* type = TypeOf(file.file_name);
  if (type == nullptr) return "The file type is not accepted";
  if (TypeOf(name) != type || !IsPlain(name)) {
    return "The filename does not fit the file";
  }
  if (file.bytes.size() > kLargestFile) return "The file is larger than 7 MB";
  return "";
}

}  // namespace

Disputes::Disputes(const SandboxOptions& options, const PayoutHistory& history,
                   Identifiers& ids, Ledger& ledger)
    : options_(options), history_(history), ids_(ids), ledger_(ledger) {
  if (history_.sales() == 0) return;
  for (int i = 0; i < options.disputes; ++i) {
    disputes_.push_back(
        std::make_unique<Dispute>(MakeSeeded(static_cast<uint64_t>(i))));
    by_id_[disputes_.back()->id] = disputes_.back().get();
  }
}

Dispute Disputes::MakeSeeded(uint64_t number) const {
  const Sale sale = history_.SaleAt(number % history_.sales());
  Dispute dispute;
  dispute.number = number;
  dispute.id = DisputeId(number);
  dispute.reason = std::string(kReasons[number % std::size(kReasons)]);
  dispute.order_id = ids_.Uuid(IdKind::kOrder, OrderNumberOfSale(sale.number));
  dispute.capture_id = ids_.Uuid(IdKind::kCapture, sale.number);
  dispute.purchase_reference = SeededReference(OrderNumberOfSale(sale.number));
  dispute.amount = sale.purchase.lines[0].unit_price;
  dispute.currency = std::string(sale.purchase.market->currency);
  dispute.created_at = dispute.updated_at =
      sale.captured_at + absl::Hours(24 * 10) +
      absl::Minutes(static_cast<int64_t>(number));
  AddSeededFiles(&dispute);
  MoveAlong(static_cast<DisputeState>(number % 5), &dispute);
  return dispute;
}

Dispute* Disputes::Find(absl::string_view id) {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

std::vector<std::string> Disputes::Ids(size_t most) const {
  std::vector<std::string> ids;
  for (size_t i = 0; i < std::min(most, disputes_.size()); ++i) {
    ids.push_back(disputes_[i]->id);
  }
  return ids;
}

bool Disputes::Advance(absl::string_view id, absl::Time now) {
  Dispute* dispute = Find(id);
  if (dispute == nullptr) return false;
  switch (dispute->state) {
    case DisputeState::kRepresentment:
      dispute->MoveTo(DisputeState::kPreArbitration, now);
      return true;
    case DisputeState::kArbitration:
      dispute->outcome = "WON";
      dispute->MoveTo(DisputeState::kClosed, now);
      return true;
    default:
      return false;
  }
}

Answer Disputes::Handle(const Call& call) {
  switch (call.operation.op) {
    case Op::kListDisputes:
      return List(call);
    case Op::kEnrollMerchant:
    case Op::kEnrollPartner:
      return Enroll(call);
    default:
      break;
  }
  Dispute* dispute = Find(call.parameters[0]);
  if (dispute == nullptr) return NotFound(call, call.parameters[0]);
  switch (call.operation.op) {
    case Op::kAcceptLoss:
      return AcceptLoss(call, *dispute);
    case Op::kRepresent:
      return Represent(call, *dispute);
    case Op::kAppeal:
      return Appeal(call, *dispute);
    case Op::kUploadAttachment:
      return Upload(call, *dispute);
    case Op::kDownloadAttachment:
      return Download(call, *dispute);
    default:
      return Reply(call, 200, DisputeJson(*dispute));
  }
}

Answer Disputes::List(const Call& call) const {
  const std::vector<const Dispute*> all = SelectDisputes(call, disputes_);
  const std::optional<size_t> first = PageBegin(call, all);
  if (!first) return Invalid(call, "starting_after is unknown");
  const uint64_t size = PageSize(call, options_.page_cap);
  size_t begin = *first;
  if (call.page_fault == PageFault::kRepeat) {
    begin -= std::min<size_t>(begin, size);
  }
  const size_t end = std::min<size_t>(begin + size, all.size());

  json disputes = json::array();
  for (size_t i = begin; i < end; ++i) {
    disputes.push_back(DisputeJson(*all[i]));
  }
  const size_t lie = call.page_fault == PageFault::kCountLies ? 5 : 0;
  json pagination = {{"count", end - begin + lie}, {"total", all.size() + lie}};
  if (begin < end) {
    pagination["first_item"] = CursorOf(*all[begin]);
    pagination["last_item"] = CursorOf(*all[end - 1]);
  }
  if (begin < end && end < all.size()) {
    pagination["_links"]["next"] = {
        {"href", absl::StrCat(kHost, "/v4/payment/disputes?starting_after=",
                              CursorOf(*all[end - 1]))},
        {"method", "GET"},
        {"rel", "next"}};
  }
  return Reply(call, 200,
               {{"disputes", std::move(disputes)},
                {"pagination", std::move(pagination)}});
}

Answer Disputes::AcceptLoss(const Call& call, Dispute& dispute) {
  if (dispute.state != DisputeState::kInitiated &&
      dispute.state != DisputeState::kPreArbitration) {
    return Conflict(call, dispute);
  }
  dispute.outcome = "LOST";
  dispute.MoveTo(DisputeState::kClosed, call.now);
  Record(call, dispute.id, dispute.amount, &ledger_);
  return Reply(call, 202, {{"state", StateName(dispute.state)}});
}

Answer Disputes::Represent(const Call& call, Dispute& dispute) {
  if (dispute.state != DisputeState::kInitiated) {
    return Conflict(call, dispute);
  }
  if (!KnowsAttachments(dispute, call.body)) {
    return Invalid(call, "An attachment is unknown");
  }
  dispute.evidence = call.body;
  dispute.evidence["created_at"] = Timestamp(call.now);
  dispute.MoveTo(DisputeState::kRepresentment, call.now);
  Record(call, dispute.id,
         IntegerOf(call.body, "partner_proposed_refund_amount"), &ledger_);
  json body = {{"state", StateName(dispute.state)},
               {"created_at", Timestamp(call.now)},
               {"attachments", call.body["attachments"]}};
  if (Has(call.body, "additional_information")) {
    body["additional_information"] = call.body["additional_information"];
  }
  return Reply(call, 201, body);
}

Answer Disputes::Appeal(const Call& call, Dispute& dispute) {
  if (dispute.state != DisputeState::kPreArbitration) {
    return Conflict(call, dispute);
  }
  if (!KnowsAttachments(dispute, call.body)) {
    return Invalid(call, "An attachment is unknown");
  }
  dispute.arbitration_request = call.body;
  dispute.arbitration_request["created_at"] = Timestamp(call.now);
  dispute.MoveTo(DisputeState::kArbitration, call.now);
  Record(call, dispute.id, 0, &ledger_);
  return Reply(call, 201,
               {{"state", StateName(dispute.state)},
                {"created_at", Timestamp(call.now)},
                {"additional_information",
                 TextOf(call.body, "additional_information")}});
}

Answer Disputes::Upload(const Call& call, Dispute& dispute) {
  // No file is taken once evidence was sent.
  if (dispute.state != DisputeState::kInitiated) {
    return Conflict(call, dispute);
  }
  const auto fields =
      ParseMultipart(*call.request.Find("Content-Type"), call.request.body);
  if (!fields) return Invalid(call, "The multipart body cannot be read");
  const MultipartField* file = nullptr;
  std::string name;
  for (const MultipartField& field : *fields) {
    if (field.name == "file") file = &field;
    if (field.name == "filename") name = std::string(field.bytes);
  }
  if (file == nullptr) return Invalid(call, "Part file is missing");
  if (name.empty()) name = file->file_name;
  const absl::string_view problem = FileProblem(*file, name);
  if (!problem.empty()) return Invalid(call, problem);
  const std::string id =
      absl::StrCat(dispute.id, ":attachment:", dispute.files.size() + 1);
  dispute.files.push_back({.id = id,
                           .name = name,
                           .type = std::string(TypeOf(name)->type),
                           .bytes = std::string(file->bytes)});
  Record(call, id, 0, &ledger_);
  return Reply(call, 201, {{"payment_dispute_attachment_id", id}});
}

Answer Disputes::Download(const Call& call, const Dispute& dispute) const {
  const DisputeFile* file = dispute.FindFile(call.parameters[1]);
  if (file == nullptr) return NotFound(call, call.parameters[1]);
  Answer answer;
  answer.headers.push_back({"Content-Type", file->type});
  answer.headers.push_back(
      {"Content-Disposition",
       absl::StrCat("attachment; filename=\"", file->name, "\"")});
  if (file->seeded_size > 0) {
    answer.more = SeededBytes(file->seeded_size);
  } else {
    answer.body = file->bytes;
  }
  return answer;
}

Answer Disputes::Enroll(const Call& call) {
  Record(call, call.parameters[0], 0, &ledger_);
  return Empty(204);
}

}  // namespace klarna::sandbox
