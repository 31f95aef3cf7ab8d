"""Push work pools: runs that the control plane itself hands to the customer's cloud, watches and stops."""
