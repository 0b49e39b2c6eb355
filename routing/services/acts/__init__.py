"""What people do to deliveries and alerts by hand; deciding and sending again is in `replaying`."""
