"""What only the owner of the money does: keys, allowances, wrapping, redeeming, and the doctor.

The daemon never does any of it; of this package it may only open a keystore.
"""
