"""Single sign-on with django-allauth: only installed while a provider is configured, and only its login and callback."""
