"""The one SQLite file and the only SQL: one module per family of tables, plain values in and out."""

from conversations.store.file import MISTAKES, Store, StoreError, open_store

__all__ = ["MISTAKES", "Store", "StoreError", "open_store"]
