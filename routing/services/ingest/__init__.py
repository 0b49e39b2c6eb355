"""What receiving a call needs: who calls, what is kept of it, how it is answered, and manners under pressure."""
