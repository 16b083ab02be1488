"""The pages of the office's keys, for the records keepers. No key is on any of them, nor anything made from one."""
