"""The address of the comparison of shops."""

from django.urls import path

from peilian.web.shops import views

urlpatterns = [path("insight/shops/", views.shops, name="shops")]
