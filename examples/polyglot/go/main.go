// The Go half of the polyglot example: a worker for the activity that the Rust workflow calls `measure`.
package main

import (
	"context"
	"log"
	"os"
	"strings"
	"unicode"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
)

// Measure is what Rust reads as its own struct.
type Measure struct {
	Words   int `json:"words"`
	Letters int `json:"letters"`
}

// measure counts words and letters.
func measure(ctx context.Context, text string) (Measure, error) {
	measure := Measure{Words: len(strings.FieldsFunc(text, func(it rune) bool { return !unicode.IsLetter(it) }))}
	for _, it := range text {
		if unicode.IsLetter(it) {
			measure.Letters++
		}
	}
	if measure.Words == 0 {
		return Measure{}, temporal.NewNonRetryableApplicationError("there is not a word in it", "NoWords", nil)
	}
	activity.GetLogger(ctx).Info("measured", "words", measure.Words)
	return measure, nil
}

func main() {
	// Empty means localhost:7233.
	connection, err := client.Dial(client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")})
	if err != nil {
		log.Fatalln("no server:", err)
	}
	defer connection.Close()
	statistics := worker.New(connection, "polyglot-go", worker.Options{})
	statistics.RegisterActivityWithOptions(measure, activity.RegisterOptions{Name: "measure"})
	if err := statistics.Run(worker.InterruptCh()); err != nil {
		log.Fatalln("the worker ended:", err)
	}
}
