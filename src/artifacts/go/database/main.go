// Program database is a server of the MongoDB protocol that keeps its data in SQLite files: FerretDB, as the image of the
// role database runs it. Any user who can write the data folder can run it. It reports nothing to anybody.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

// What the image of MongoDB has too, so that a manifest fits either.
const (
	address = ":27017"
	folder  = "/data/db"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(); err != nil {
		slog.Error("the database ended", "reason", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 1 {
		slog.Warn("this database takes no arguments", "ignored", os.Args[1:])
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	// Found out now, with the name of the file, rather than at the first write.
	probe, err := os.CreateTemp(folder, ".writable-")
	if err != nil {
		return err
	}
	probe.Close()
	os.Remove(probe.Name())
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: address},
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/",
		// Below this it tells of every connection, and warns of each command that it does not know.
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	stopped, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	slog.Info("listening", "address", address, "data", folder)
	return server.Run(stopped)
}
