"""The HTTP kernel: envelope, errors, contracts, conditions and logs. It knows no resource."""
