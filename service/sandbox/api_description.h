// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/sandbox/shape.h"

namespace klarna::sandbox {

enum class Domain {
  kCheckout,
  kPayments,
  kCustomerToken,
  kHostedPage,
  kOrderManagement,
  kMerchantCard,
  kSettlements,
  kDisputes,
  kShipping,
};

enum class Op {
  kCreateCheckoutOrder,
  kUpdateCheckoutOrder,
  kReadCheckoutOrder,
  kAbortCheckoutOrder,
  kCreateSession,
  kUpdateSession,
  kReadSession,
  kCancelAuthorization,
  kPlaceOrder,
  kCreateCustomerToken,
  kReadCustomerToken,
  kChargeCustomerToken,
  kUpdateCustomerToken,
  kCreateHostedPage,
  kReadHostedPage,
  kDisableHostedPage,
  kDistributeHostedPage,
  kReadOrder,
  kAcknowledgeOrder,
  kUpdateAuthorization,
  kCaptureOrder,
  kListCaptures,
  kReadCapture,
  kExtendDueDate,
  kReadDueDateOptions,
  kAddCaptureShipping,
  kTriggerSendOut,
  kUpdateCustomerDetails,
  kExtendAuthorization,
  kUpdateReferences,
  kRefundOrder,
  kReadRefund,
  kReleaseAuthorization,
  kAddOrderShipping,
  kCancelOrder,
  kCreatePromise,
  kReadPromise,
  kSettlePromise,
  kReadCardSettlement,
  kReadCardSettlementOfOrder,
  kRequestCardCancel,
  kReadCardCancel,
  kSummarizePayouts,
  kReadPayout,
  kListPayouts,
  kPayoutCsv,
  kPayoutPdf,
  kListTransactions,
  kPayoutsSummaryCsv,
  kPayoutsSummaryPdf,
  kListDisputes,
  kReadDispute,
  kAcceptLoss,
  kRepresent,
  kAppeal,
  kUploadAttachment,
  kDownloadAttachment,
  kEnrollMerchant,
  kEnrollPartner,
  kShippingAuth,
  kShippingOptions,
  kCreateShipment,
  kUpdateShipment,
  kConfirmShipment,
};

enum class Media { kNone, kJson, kMultipart, kShipping };

// What counts against which of a merchant's quotas.
enum class Quota { kOther, kSessions, kTokens, kHostedPages };

// One operation of the published API.
struct Operation {
  Op op;
  Domain domain;
  absl::string_view name;  // "order_management.captureOrder", as published.
  absl::string_view method;
  absl::string_view path;  // "/ordermanagement/v1/orders/{order_id}/captures".
  Media media = Media::kNone;
  absl::string_view body = {};   // The name of a shape.
  absl::string_view query = {};  // The name of a shape.
  bool keyed = false;            // Klarna-Idempotency-Key is declared.
  Quota quota = Quota::kOther;
};

// The API that the sandbox serves, in a form of its own: 63 operations that a
// merchant calls and the integrators' /auth. Immutable and thread-safe.
//
//   ApiDescription api;
//   ApiDescription::Match match = api.Find("GET",
//   "/settlements/v1/payouts/P1"); match.operation->name;  //
//   "settlements.getPayout" match.parameters;       // {"P1"}
class ApiDescription {
 public:
  struct Match {
    const Operation* operation = nullptr;  // Null: see `path_known`.
    std::vector<std::string> parameters;   // Decoded, in the path's order.
    // The path is one of the API's, with the methods in `allowed` only.
    bool path_known = false;
    std::string allowed;
    Domain domain = Domain::kCheckout;  // Of the path, if it is known.
  };

  ApiDescription();

  // One for the whole process.
  static const ApiDescription& Get();

  // `path` is percent-encoded. Slashes at the front may be doubled and one at
  // the end is ignored where Klarna does so.
  Match Find(absl::string_view method, absl::string_view path) const;

  const Shape* FindShape(absl::string_view name) const {
    return shapes_.Find(name);
  }

  static absl::Span<const Operation> operations();

 private:
  struct Route {
    const Operation* operation;
    std::vector<absl::string_view> segments;
  };

  ShapeBook shapes_;
  std::vector<Route> routes_;
};

// Decodes percent-encoding; a `%` without two hex digits stays.
std::string PercentDecode(absl::string_view text);

}  // namespace klarna::sandbox
