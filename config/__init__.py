"""Plugs the apps together: settings, addresses, and the ground the office stands on."""
