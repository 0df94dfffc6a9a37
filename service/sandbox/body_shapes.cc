// SPDX-License-Identifier: Apache-2.0
#include "service/sandbox/body_shapes.h"

namespace klarna::sandbox {
namespace {

// Read-only members are not here: Klarna takes and ignores them.
constexpr ShapeBook::Entry kShapes[] = {
    // Shared by the domains that take order lines of the same form.
    {"identifiers",
     "brand:s70 category_path:s750 color:s64 global_trade_item_number:s50 "
     "manufacturer_part_number:s70 size:s64"},
    {"subscription",
     "name*:s255 interval*:e=DAY|WEEK|MONTH|YEAR interval_count*:i1.."},
    {"attachment", "body*:s content_type*:s"},

    // Checkout.
    {"checkout.subscription",
     "name:s interval*:e=DAY|WEEK|MONTH|YEAR interval_count*:i1.."},
    {"checkout.address",
     "given_name:s family_name:s email:s title:s street_address:s "
     "street_address2:s street_name:s street_number:s house_extension:s "
     "postal_code:s city:s region:s phone:s country:s care_of:s"},
    {"checkout.line",
     "type:s reference:s255 name*:s255 quantity*:i0.. quantity_unit:s "
     "unit_price*:i..100000000 tax_rate*:i..10000 "
     "total_amount*:i..100000000 total_discount_amount:i0.. "
     "total_tax_amount*:i merchant_data:s1024 product_url:s1024 "
     "image_url:s1024 product_identifiers:{identifiers} "
     "subscription:{checkout.subscription}"},
    {"checkout.urls",
     "terms*:s2000 checkout*:s2000 confirmation*:s2000 push*:s2000 "
     "validation:s2000 notification:s2000 cancellation_terms:s2000 "
     "shipping_option_update:s2000 address_update:s2000 country_change:s2000"},
    {"checkout.update_urls",
     "terms:s2000 checkout:s2000 confirmation:s2000 push:s2000 "
     "validation:s2000 notification:s2000 cancellation_terms:s2000"},
    {"checkout.shipping_option",
     "id*:s name*:s255 price*:i tax_amount*:i tax_rate*:i preselected:b "
     "shipping_method:s description:s promo:s"},
    {"checkout.provider",
     "name*:s255 redirect_url*:s2000 fee:i description:s500 countries:[s] "
     "image_url:s2000"},
    {"checkout.order",
     "purchase_country*:s purchase_currency*:s locale*:s order_amount*:i0.. "
     "order_tax_amount*:i0.. order_lines*:[{checkout.line}]1000 "
     "merchant_urls:{checkout.urls} billing_address:{checkout.address} "
     "shipping_address:{checkout.address} merchant_reference1:s255 "
     "merchant_reference2:s255 merchant_data:s6000 customer:o options:o gui:o "
     "attachment:{attachment} shipping_countries:[s] billing_countries:[s] "
     "shipping_options:[{checkout.shipping_option}] recurring:b tags:[s] "
     "external_payment_methods:[{checkout.provider}] "
     "external_checkouts:[{checkout.provider}]"},
    {"checkout.update",
     "purchase_country:s purchase_currency:s locale:s order_amount:i0.. "
     "order_tax_amount:i0.. order_lines:[{checkout.line}]1000 "
     "merchant_urls:{checkout.update_urls} billing_address:{checkout.address} "
     "shipping_address:{checkout.address} merchant_reference1:s255 "
     "merchant_reference2:s255 merchant_data:s6000 "
     "shipping_options:[{checkout.shipping_option}] recurring:b tags:[s]"},

    // Payments.
    {"payments.address",
     "attention:s99 city:s99 country:s email:s99 family_name:s99 "
     "given_name:s99 organization_name:s99 phone:s99 postal_code:s10 "
     "region:s99 street_address:s99 street_address2:s99 title:s20"},
    {"payments.line",
     "type:e=physical|discount|shipping_fee|sales_tax|digital|gift_card|"
     "store_credit|surcharge reference:s255 name*:s255 quantity*:i0.. "
     "quantity_unit:s8 unit_price*:i..200000000 tax_rate:i0..10000 "
     "total_amount*:i..200000000 total_discount_amount:i0.. "
     "total_tax_amount:i merchant_data:s1024 product_url:s1024 "
     "image_url:s1024 product_identifiers:{identifiers} "
     "subscription:{subscription}"},
    {"payments.urls",
     "confirmation:s2000 notification:s2000 push:s2000 authorization:s2000 "
     "app_return_url:s2000"},
    {"payments.session",
     "acquiring_channel:e=ECOMMERCE|IN_STORE|TELESALES "
     "attachment:{attachment} billing_address:{payments.address} "
     "shipping_address:{payments.address} custom_payment_method_ids:[s] "
     "customer:o design:s locale:s merchant_data:s6000 "
     "merchant_reference1:s255 merchant_reference2:s255 "
     "merchant_urls:{payments.urls} options:o order_amount:i0.. "
     "order_lines:[{payments.line}]1000 order_tax_amount:i0.. "
     "purchase_country:s purchase_currency:s "
     "intent:e=buy|tokenize|buy_and_tokenize"},
    {"payments.new_session",
     "purchase_country*:s purchase_currency*:s order_amount*:i0.. "
     "order_lines*:[{payments.line}]1000 order_tax_amount:i0.. "
     "acquiring_channel:e=ECOMMERCE|IN_STORE|TELESALES "
     "attachment:{attachment} billing_address:{payments.address} "
     "shipping_address:{payments.address} custom_payment_method_ids:[s] "
     "customer:o design:s locale:s merchant_data:s6000 "
     "merchant_reference1:s255 merchant_reference2:s255 "
     "merchant_urls:{payments.urls} options:o "
     "intent:e=buy|tokenize|buy_and_tokenize step_up_id:s"},
    {"payments.new_order",
     "purchase_country*:s order_amount*:i0.. "
     "order_lines*:[{payments.line}]1000 purchase_currency*:s "
     "order_tax_amount:i0.. auto_capture:b billing_address:{payments.address} "
     "shipping_address:{payments.address} custom_payment_method_ids:[s] "
     "customer:o locale:s merchant_data:s6000 merchant_reference1:s255 "
     "merchant_reference2:s255 merchant_urls:{payments.urls}"},
    {"payments.new_token",
     "billing_address:{payments.address} customer:o description*:s255 "
     "intended_use*:e=SUBSCRIPTION locale*:s purchase_country*:s "
     "purchase_currency*:s"},

    // Customer token.
    {"token.line",
     "type:s reference:s256 name*:s255 quantity*:i0.. quantity_unit:s "
     "unit_price*:i..100000000 tax_rate:i total_amount*:i..100000000 "
     "total_discount_amount:i0.. total_tax_amount:i merchant_data:s255 "
     "product_url:s1024 image_url:s1024 product_identifiers:{identifiers} "
     "subscription:{subscription}"},
    // Samples of step-ups send authorization alone, without the confirmation
    // that
    // is documented as required.
    {"token.urls", "confirmation:s2000 push:s2000 authorization:s"},
    {"token.order",
     "order_lines*:[{token.line}]1000 purchase_currency*:s order_amount*:i1.. "
     "order_tax_amount*:i0.. attachment:{attachment} auto_capture:b "
     "merchant_data:s6000 merchant_reference1:s255 merchant_reference2:s255 "
     "merchant_urls:{token.urls} shipping_address:{payments.address} "
     "step_up:e=SUPPORTED|NOT_SUPPORTED"},
    {"token.status", "status*:e=CANCELLED"},

    // Hosted payment page.
    {"hpp.urls", "back:s cancel:s error:s failure:s status_update:s success:s"},
    {"hpp.background", "url:s width:i"},
    {"hpp.options",
     "background_images:[{hpp.background}] logo_url:s page_title:s "
     "payment_method_categories:[s] payment_method_category:s "
     "place_order_mode:e=PLACE_ORDER|CAPTURE_ORDER|NONE "
     "purchase_type:e=BUY|RENT|BOOK|SUBSCRIBE|DOWNLOAD|ORDER|CONTINUE "
     "show_subtotal_detail:e=HIDE"},
    {"hpp.session",
     "payment_session_url*:s merchant_urls:{hpp.urls} options:{hpp.options} "
     "profile_id:s"},
    {"hpp.contact", "access_id:s email:s phone:s phone_country:s"},
    {"hpp.distribution",
     "contact_information*:{hpp.contact} method*:e=sms|email|token "
     "template:e=INSTORE_PURCHASE"},

    // Order management.
    {"om.address",
     "attention:s255 city:s200 country:s email:s100 family_name:s100 "
     "given_name:s100 organization_name:s255 phone:s100 postal_code:s10 "
     "region:s200 street_address:s100 street_address2:s100 title:s20"},
    {"om.line",
     "reference:s255 type:s quantity*:i0.. quantity_unit:s10 name*:s255 "
     "total_amount*:i..200000000 unit_price*:i..200000000 "
     "total_discount_amount:i0..200000000 tax_rate:i0..2147483647 "
     "total_tax_amount:i..200000000 merchant_data:s1024 product_url:s1024 "
     "image_url:s1024 product_identifiers:{identifiers} "
     "subscription:{subscription}"},
    {"om.shipping_info",
     "shipping_company:s100 shipping_method:s tracking_number:s100 "
     "tracking_uri:s1024 return_shipping_company:s100 "
     "return_tracking_number:s100 return_tracking_uri:s1024"},
    {"om.capture",
     "captured_amount*:i0..200000000 description:s255 reference:s255 "
     "order_lines:[{om.line}]1000 shipping_delay:i0.. "
     "shipping_info:[{om.shipping_info}]500"},
    {"om.refund",
     "refunded_amount*:i0..200000000 description:s255 reference:s255 "
     "order_lines:[{om.line}]1000"},
    {"om.authorization",
     "order_amount*:i0..200000000 description:s255 "
     "order_lines:[{om.line}]1000"},
    {"om.due_date", "number_of_days*:i..2147483647"},
    {"om.shipping", "shipping_info*:[{om.shipping_info}]500"},
    {"om.customer",
     "shipping_address:{om.address} "
     "billing_address:{om.address}"},
    {"om.references", "merchant_reference1:s255 merchant_reference2:s255"},

    // Merchant cards.
    {"card.specification",
     "amount*:i1.. currency*:s fund_amount:i reference*:s255"},
    {"card.promise", "order_id*:s cards*:[{card.specification}]1000"},
    {"card.settlement", "order_id*:s key_id*:s promise_id:s"},

    // Settlements: queries.
    {"settlements.period", "start_date*:t end_date*:t"},
    {"settlements.period_and_currency",
     "start_date*:t end_date*:t currency_code:s3"},
    {"settlements.payouts",
     "start_date:t end_date:t currency_code:s size:i1..500 offset:i0.."},
    {"settlements.transactions",
     "payment_reference:s order_id:s size:i1..500 offset:i0.."},
    {"settlements.one_payout", "payment_reference*:s"},

    // Disputes.
    {"disputes.attachment",
     "payment_dispute_attachment_id*:s255 description:s1000"},
    {"disputes.represent",
     "attachments*:[{disputes.attachment}]10 additional_information:s5000 "
     "partner_proposed_refund_amount:i0.."},
    {"disputes.appeal",
     "additional_information*:s10000 attachments:[{disputes.attachment}]10"},
    {"disputes.partner", "client_id*:s64"},
    {"disputes.list",
     "order_ids:[s255]100 payment_transaction_ids:[s255]100 "
     "state:[e=INITIATED|REPRESENTMENT|PRE_ARBITRATION|ARBITRATION|CLOSED]100 "
     "reason:[e=REFUND_NOT_PROCESSED|PRODUCTS_OR_SERVICES_NOT_RECEIVED|"
     "PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED|INCORRECT_AMOUNT|"
     "PURCHASE_HIGH_RISK|PURCHASE_UNAUTHORIZED|NON_COMPLIANCE|"
     "NON_GUARANTEED_PAYMENT_PROGRAM]10 "
     "sort_by:[e=created_at|-created_at|closed_at|-closed_at]10 "
     "purchase_references:[s255]10 created_at_start:t created_at_end:t "
     "closed_at_start:t closed_at_end:t updated_at_start:t updated_at_end:t "
     "size:i1..500 starting_after:s255"},

    // Shipping integrators.
    {"shipping.secret", "nonce*:s digest*:s"},
    {"shipping.auth", "identifier*:s secret*:{shipping.secret}"},
    {"shipping.options",
     "currency*:s locale*:s session_id:s order:o "
     "recipient:o sender:o"},
    {"shipping.choice", "id*:s"},
    {"shipping.shipment",
     "currency*:s locale*:s session_id:s order:o recipient:o sender:o "
     "selected_shipping_option*:{shipping.choice}"},
};

}  // namespace

std::vector<ShapeBook::Entry> BodyShapes() {
  return {std::begin(kShapes), std::end(kShapes)};
}

}  // namespace klarna::sandbox
