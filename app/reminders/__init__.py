"""Reminders: found when due, posted to the operator's receiver, remembered as delivered."""
