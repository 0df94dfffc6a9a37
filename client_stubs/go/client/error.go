// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	gatewayv1 "klarnagateway/klarna/gateway/v1"
)

// Error is a status of the gateway with its details decoded. A detail that the
// status does not carry is nil.
//
//	if failure, ok := client.Decode(err); ok && failure.Reason() == "CAPTURE_NOT_ALLOWED" { ... }
type Error struct {
	Code    codes.Code
	Message string
	// Info has the reason, and http_status, correlation_id, operation and
	// account as metadata.
	Info *errdetails.ErrorInfo
	// Klarna is what Klarna itself said.
	Klarna *gatewayv1.KlarnaError
	// Outcome tells on a Publish whether the change took effect.
	Outcome *gatewayv1.Outcome
	// BadRequest names the fields that are at fault.
	BadRequest *errdetails.BadRequest
	// Retry tells how long to wait before the next try.
	Retry *errdetails.RetryInfo
}

// Decode returns false when err is not the status of a call.
func Decode(err error) (*Error, bool) {
	from, ok := status.FromError(err)
	if !ok || from.Code() == codes.OK {
		return nil, false
	}
	decoded := &Error{Code: from.Code(), Message: from.Message()}
	for _, detail := range from.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			decoded.Info = detail
		case *gatewayv1.KlarnaError:
			decoded.Klarna = detail
		case *gatewayv1.Outcome:
			decoded.Outcome = detail
		case *errdetails.BadRequest:
			decoded.BadRequest = detail
		case *errdetails.RetryInfo:
			decoded.Retry = detail
		}
	}
	return decoded, true
}

// Reason is Klarna's error code or the gateway's own; "" when there is none.
func (e *Error) Reason() string { return e.Info.GetReason() }

// Error says everything in a few lines.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", e.Code, e.Message)
	if e.Info != nil {
		fmt.Fprintf(&text, "\n  reason: %s (%s) %v", e.Info.Reason, e.Info.Domain, e.Info.Metadata)
	}
	for _, violation := range e.BadRequest.GetFieldViolations() {
		fmt.Fprintf(&text, "\n  field %s: %s", violation.Field, violation.Description)
	}
	if e.Klarna.GetErrorCode() != "" {
		fmt.Fprintf(&text, "\n  Klarna: %s %q", e.Klarna.ErrorCode, e.Klarna.ErrorMessages)
	}
	if e.Retry != nil {
		fmt.Fprintf(&text, "\n  retry after: %s", e.Retry.RetryDelay.AsDuration())
	}
	if e.Outcome != nil {
		fmt.Fprintf(&text, "\n  outcome: %s, attempts: %d", e.Outcome.Verdict, e.Outcome.Attempts)
	}
	return text.String()
}
