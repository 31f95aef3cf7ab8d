"""What signing up means here: a person gets an account of their own, and lands on making a workspace."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.urls import reverse

from workspaces.services import accounts, sign_ins

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        "email_taken": "Somebody has signed up with this e-mail address already. Sign in instead.",
        "too_many_login_attempts": "Too many failed attempts. Wait five minutes, then try again.",
        "account_inactive": "This person was deactivated. Ask whoever runs this server.",
    }

    def save_user(self, request, user, form, commit=True):
        user = super().save_user(request, user, form, commit=False)
        if commit:
            with transaction.atomic(using="system"):
                user.save()
                accounts.create_account_for(user)
        return user

    def get_signup_redirect_url(self, request):
        return reverse("new_workspace")

    def get_login_redirect_url(self, request):
        return reverse("home")

    def get_email_verification_redirect_url(self, email_address):
        return reverse("home")

    def post_login(self, request, user, **kwargs):
        sign_ins.note_signed(user, "signed-in", request=request)
        return super().post_login(request, user, **kwargs)

    def logout(self, request):
        if request.user.is_authenticated:
            sign_ins.note_signed(request.user, "signed-out", request=request)
        super().logout(request)

    def authentication_failed(self, request, **credentials):
        sign_ins.note_refused_sign_in(str(credentials.get("email", "")), request=request)

    def send_mail(self, template_prefix, email, context):
        """Mail that cannot be sent must not undo what the person did: they may ask for it again."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            log.warning("An e-mail could not be sent.", extra={"template": template_prefix}, exc_info=True)
