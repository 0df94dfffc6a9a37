// SPDX-License-Identifier: Apache-2.0

// Streams all transactions of a payout and sums them by type. It goes on where
// it was when the gateway restarts in between.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"maps"
	"slices"

	"klarnagateway/client"
	settlementsv1 "klarnagateway/klarna/settlements/v1"
)

func main() {
	target := flag.String("target", "127.0.0.1:50051", "address of the gateway")
	payout := flag.String("payout", "PAYOUT00001", "payment reference of the payout")
	flag.Parse()

	connection, err := client.Connect(*target)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	settlements := settlementsv1.NewSettlementsServiceClient(connection)

	request := &settlementsv1.SubscribeRequest{
		Operation: &settlementsv1.SubscribeRequest_ListTransactions{
			ListTransactions: &settlementsv1.ListTransactions{PaymentReference: payout},
		},
	}
	sums := map[string]int64{}
	count := 0
	for response, err := range client.Subscribe(context.Background(), settlements.Subscribe, request) {
		if err != nil {
			fail(err)
		}
		for _, transaction := range response.GetTransactions().GetTransactions() {
			sums[transaction.GetType()] += transaction.GetAmount()
			count++
		}
		if response.GetBatch().GetLast() && response.GetBatch().GetDrifted() {
			log.Print("The list changed while it was read: read it again.")
		}
	}

	fmt.Printf("%d transactions in %s\n", count, *payout)
	for _, kind := range slices.Sorted(maps.Keys(sums)) {
		fmt.Printf("%-12s %14d\n", kind, sums[kind])
	}
}

func fail(err error) {
	if failure, ok := client.Decode(err); ok {
		log.Fatal(failure)
	}
	log.Fatal(err)
}
