// SPDX-License-Identifier: Apache-2.0

// Downloads a payout with its transactions as a CSV file, chunk by chunk.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"klarnagateway/client"
	settlementsv1 "klarnagateway/klarna/settlements/v1"
)

func main() {
	target := flag.String("target", "127.0.0.1:50051", "address of the gateway")
	payout := flag.String("payout", "PAYOUT00001", "payment reference of the payout")
	path := flag.String("file", "payout.csv", "file to write")
	flag.Parse()

	connection, err := client.Connect(*target)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	bytes, err := download(settlementsv1.NewSettlementsServiceClient(connection), *payout, *path)
	if err != nil {
		os.Remove(*path)
		if failure, ok := client.Decode(err); ok {
			log.Fatal(failure)
		}
		log.Fatal(err)
	}
	fmt.Printf("%s: %d bytes\n", *path, bytes)
}

func download(settlements settlementsv1.SettlementsServiceClient, payout, path string) (bytes int, err error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()

	request := &settlementsv1.SubscribeRequest{
		Operation: &settlementsv1.SubscribeRequest_GetPayoutReportWithTransactions{
			GetPayoutReportWithTransactions: &settlementsv1.GetPayoutReportWithTransactions{
				PaymentReference: &payout,
			},
		},
	}
	for response, err := range client.Subscribe(context.Background(), settlements.Subscribe, request) {
		if err != nil {
			return bytes, err
		}
		written, err := file.Write(response.GetReport().GetData())
		bytes += written
		if err != nil {
			return bytes, err
		}
	}
	return bytes, file.Close()
}
