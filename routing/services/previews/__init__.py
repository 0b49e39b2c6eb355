"""Messages before they are sent: nothing is signed, stored or sent here."""
