"""Proving that the e-mail address is one's own: asked for by a banner, never a wall."""

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect

from controlplane.ui.page import page
from workspaces.doors import SignedInRequest


@login_required
def own_email(request: SignedInRequest) -> HttpResponse:
    """The person's address; a POST sends the link once more."""
    address = EmailAddress.objects.filter(user=request.user, primary=True).first()
    if request.method == "POST" and address is not None and not address.verified:
        if not send_verification_email_to_address(request, address):
            messages.warning(request, "A link was sent a moment ago. Wait three minutes before you ask for another.")
        return redirect("account_email")
    return page(request, "workspaces/own_email.html", {"address": address})
